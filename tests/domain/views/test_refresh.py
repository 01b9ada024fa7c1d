"""Both refresh statements, typed by hand, and what happens when several come at once."""

import asyncio
from typing import Literal

import asyncpg
import pytest
from tests.domain.schema import rows
from tests.domain.schema.rows import Connection, insert
from tests.domain.schema.waiting import wait_until_blocked
from tests.domain.views.expected import EXPECTED

REFRESH_ALL = "SELECT refresh_all_materialized_views();"
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('cqrs.refresh:' || $1::text, 0))"


async def users_in_view(connection: Connection) -> int:
    count: int = await connection.fetchval("SELECT count(*) FROM user_profile_view")
    return count


@pytest.mark.parametrize("statement", [REFRESH_ALL, "REFRESH MATERIALIZED VIEW CONCURRENTLY user_profile_view;"])
async def test_a_statement_typed_by_hand_refreshes(clone: Connection, statement: str) -> None:
    await insert(clone, "users", rows.user())
    assert await users_in_view(clone) == 0
    await clone.execute(statement)
    assert await users_in_view(clone) == 1


async def test_refreshes_whatever_the_search_path_is(clone: Connection) -> None:
    await insert(clone, "users", rows.user())
    await clone.execute("SET search_path = ''")
    await clone.execute("SELECT public.refresh_all_materialized_views()")
    assert await clone.fetchval("SELECT count(*) FROM public.user_profile_view") == 1


async def test_a_second_refresh_waits_for_the_first_and_has_what_was_committed_meanwhile(
    clone: Connection, other_clone: Connection, observer: Connection
) -> None:
    first = clone.transaction()
    await first.start()
    await clone.execute(REFRESH_ALL)
    second = asyncio.create_task(other_clone.execute(REFRESH_ALL))
    await wait_until_blocked(observer, other_clone.get_server_pid(), by=clone.get_server_pid())

    await insert(observer, "users", rows.user())
    assert await users_in_view(observer) == 0  # readers do not wait
    await first.commit()
    await second
    assert await users_in_view(observer) == 1


@pytest.mark.parametrize("view", EXPECTED)
async def test_waits_for_whoever_holds_the_lock_of_a_view(
    clone: Connection, other_clone: Connection, observer: Connection, view: str
) -> None:
    refreshing = clone.transaction()
    await refreshing.start()
    await clone.execute(LOCK, f"public.{view}_view")
    second = asyncio.create_task(other_clone.execute(REFRESH_ALL))
    await wait_until_blocked(observer, other_clone.get_server_pid(), by=clone.get_server_pid())
    await refreshing.rollback()
    await second


async def test_holds_a_lock_for_each_view_until_its_transaction_ends(clone: Connection, observer: Connection) -> None:
    keys = {
        await clone.fetchval("SELECT hashtextextended('cqrs.refresh:public.' || $1::text || '_view', 0)", view)
        for view in EXPECTED
    }
    async with clone.transaction():
        await clone.execute(REFRESH_ALL)
        held = await observer.fetch(
            "SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks"
            " WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted AND pid = $1",
            clone.get_server_pid(),
        )
    assert {row["key"] for row in held} == keys


async def test_calls_in_a_crowd_all_succeed(clone: Connection, clone_dsn: str) -> None:
    async def write_and_refresh() -> None:
        connection = await asyncpg.connect(clone_dsn)
        for _ in range(3):
            await insert(connection, "users", rows.user())
            await connection.execute(REFRESH_ALL)
        await connection.close()

    await asyncio.gather(*[write_and_refresh() for _ in range(4)])
    assert await users_in_view(clone) == 12


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
async def test_refuses_a_transaction_that_may_see_less_than_the_views_do(
    clone: Connection, isolation: Literal["repeatable_read", "serializable"]
) -> None:
    with pytest.raises(asyncpg.InvalidTransactionStateError, match="needs READ COMMITTED"):
        async with clone.transaction(isolation=isolation):
            await clone.execute(REFRESH_ALL)
