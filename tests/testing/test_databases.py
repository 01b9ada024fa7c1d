"""Databases that cost a copy.

Planted bugs, each seen to fail its test: every test in the template itself; copies that stay; a template that stays when
preparing it fails.
"""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from tests.events.subscriptions.facts import Log
from tests.servers.postgresql import PrivateServer

from clone_cqrs.domain import MIGRATIONS
from clone_cqrs.errors import StorageUnavailableError
from clone_cqrs.postgres import Database
from clone_cqrs.testing import DatabaseCopies


async def names(dsn: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'cqrs_%'")}
    finally:
        await connection.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def copies(server: PrivateServer) -> AsyncIterator[DatabaseCopies]:
    """As docs/testing.md has it: made in the event loop of the session, used in those of the tests."""
    async with DatabaseCopies(server.dsn()) as made:
        yield made


@pytest_asyncio.fixture
async def copy(copies: DatabaseCopies) -> AsyncIterator[Database]:
    async with copies.database() as opened:
        yield opened


@pytest.mark.parametrize("time", ["first", "second"])
async def test_serves_the_tests_of_a_session(copy: Database, time: str) -> None:
    assert await Log(copy).note(time) == 1


async def test_every_copy_is_fresh_and_gone_afterwards(server: PrivateServer) -> None:
    dsn = server.dsn()
    before = await names(dsn)
    async with DatabaseCopies(dsn) as copies:
        async with copies.database() as one, copies.database(max_connections=2) as two:
            await Log(one).note("a", "b")
            assert await one.fetch_value("SELECT count(*) FROM cqrs.event") == 2
            assert await two.fetch_value("SELECT count(*) FROM cqrs.event") == 0
            assert await Log(two).note("a") == 1
        async with copies.dsn() as copy, Database.open(copy) as third:
            assert await third.fetch_value("SELECT count(*) FROM cqrs.event") == 0
        assert len(await names(dsn) - before) == 1
    assert await names(dsn) == before


async def test_the_template_has_migrations_and_what_prepares_it(server: PrivateServer) -> None:
    async def prepare(database: Database) -> None:
        await database.execute("CREATE TABLE greeting AS SELECT 'hello' AS text")

    async with DatabaseCopies(server.dsn(), migrations=[MIGRATIONS], prepare=prepare) as copies, copies.database() as database:
        assert await database.fetch_value("SELECT text FROM greeting") == "hello"
        assert await database.fetch_value("SELECT count(*) FROM users") == 0


async def test_nothing_stays_when_a_template_cannot_be_made(server: PrivateServer) -> None:
    before = await names(server.dsn())

    async def fail(_database: Database) -> None:
        raise RuntimeError("no such file")

    with pytest.raises(RuntimeError, match="no such file"):
        await DatabaseCopies(server.dsn(), prepare=fail).__aenter__()
    assert await names(server.dsn()) == before


async def test_the_server_is_the_one_of_the_environment(server: PrivateServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", server.dsn("postgres") + "?application_name=copies")
    async with DatabaseCopies() as copies, copies.database() as database:
        assert await database.fetch_value("SELECT current_database()") != "postgres"


async def test_a_server_that_is_not_there_says_so() -> None:
    with pytest.raises(StorageUnavailableError):
        await DatabaseCopies("postgres://127.0.0.1:1/nowhere").__aenter__()
