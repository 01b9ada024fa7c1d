"""`clone-cqrs views`."""

import asyncpg
from tests.cli.program import clone_cqrs


async def test_refreshes_the_views_that_are_named_or_all(clone_dsn: str) -> None:
    connection = await asyncpg.connect(clone_dsn)
    try:
        await connection.execute(
            """
            INSERT INTO users (id, email, name, password_hash, subscription_tier, created_at, updated_at)
            VALUES (gen_random_uuid(), 'ada@example.com', 'Ada', '$argon2id$', 'free', now(), now())
            """
        )
        one = clone_cqrs("views", "refresh", "user_profile_view", "--dsn", clone_dsn, "--json")
        assert list(one.json) == ["user_profile_view"]
        assert await connection.fetchval("SELECT count(*) FROM user_profile_view") == 1
        assert await connection.fetchval("SELECT count(*) FROM user_statistics_view") == 0
        everything = clone_cqrs("views", "refresh", "--dsn", clone_dsn)
        assert len(everything.out.splitlines()) == 6
        assert await connection.fetchval("SELECT count(*) FROM user_statistics_view") == 1
    finally:
        await connection.close()


def test_says_which_views_there_are(clone_dsn: str) -> None:
    ended = clone_cqrs("views", "refresh", "user_view", "--dsn", clone_dsn)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: there is no view 'user_view'; there are user_profile_view, ")
