"""One refresh on PostgreSQL."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest
from tests.commands.waiting import until_waiting

from clone_cqrs.postgres import Database
from clone_cqrs.views import refresh_view

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('cqrs.refresh:public.points_view', 0))"


async def insert(observer: asyncpg.Connection) -> None:
    await observer.execute("INSERT INTO points VALUES ($1, 1)", uuid4())


async def rows(observer: asyncpg.Connection) -> int:
    found: int = await observer.fetchval("SELECT count(*) FROM points_view")
    return found


@pytest.mark.parametrize("name", ["points_view", "public.points_view", '"public"."points_view"'])
async def test_fills_the_view_anew(database: Database, observer: asyncpg.Connection, name: str) -> None:
    await insert(observer)
    await refresh_view(database, name)
    assert await rows(observer) == 1


async def test_does_not_lock_out_who_reads(database: Database, observer: asyncpg.Connection) -> None:
    await insert(observer)
    async with observer.transaction():
        await observer.fetch("SELECT * FROM points_view")
        async with asyncio.timeout(30):
            await refresh_view(database, "points_view")


async def test_waits_while_another_process_refreshes_and_then_sees_what_came_meanwhile(
    database: Database, observer: asyncpg.Connection, dsn: str
) -> None:
    other = await asyncpg.connect(dsn)
    transaction = other.transaction()
    await transaction.start()
    await other.execute(LOCK)
    refreshing = asyncio.ensure_future(refresh_view(database, "points_view"))
    await until_waiting(observer)
    await insert(observer)
    await transaction.commit()
    await refreshing
    assert await rows(observer) == 1
    await other.close()


async def test_keeps_the_lock_until_it_has_committed(database: Database, observer: asyncpg.Connection, dsn: str) -> None:
    # Whoever holds this lock on the table makes the refresh stop in its middle.
    other = await asyncpg.connect(dsn)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("LOCK TABLE points IN ACCESS EXCLUSIVE MODE")
    refreshing = asyncio.ensure_future(refresh_view(database, "points_view"))
    await until_waiting(observer, "relation")
    free = await observer.fetchval("SELECT pg_try_advisory_lock(hashtextextended('cqrs.refresh:public.points_view', 0))")
    assert not free
    await transaction.commit()
    await refreshing
    await other.close()


async def test_fills_a_view_that_was_never_filled(database: Database, observer: asyncpg.Connection) -> None:
    await insert(observer)
    await observer.execute("CREATE MATERIALIZED VIEW late AS SELECT * FROM points WITH NO DATA")
    await observer.execute("CREATE UNIQUE INDEX ON late (user_id)")
    await refresh_view(database, "late")
    assert await observer.fetchval("SELECT count(*) FROM late") == 1


async def test_refreshes_a_view_with_an_odd_name_and_nothing_else(database: Database, observer: asyncpg.Connection) -> None:
    await observer.execute("""CREATE SCHEMA "Odd"; CREATE MATERIALIZED VIEW "Odd"."a; DROP TABLE points --" AS SELECT 1 AS id;
        CREATE UNIQUE INDEX ON "Odd"."a; DROP TABLE points --" (id)""")
    await refresh_view(database, '"Odd"."a; DROP TABLE points --"')
    assert await rows(observer) == 0


@pytest.mark.parametrize("name", ["nowhere", "points", "nowhere.points_view"])
async def test_says_that_there_is_no_such_view(database: Database, name: str) -> None:
    with pytest.raises(LookupError, match=name.rpartition(".")[2]):
        await refresh_view(database, name)


async def test_raises_for_a_view_without_a_unique_index(database: Database, observer: asyncpg.Connection) -> None:
    await observer.execute("CREATE MATERIALIZED VIEW bare AS SELECT * FROM points")
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
        await refresh_view(database, "bare")


async def test_leaves_no_connection_behind_when_cancelled(database: Database, observer: asyncpg.Connection, dsn: str) -> None:
    other = await asyncpg.connect(dsn)
    transaction = other.transaction()
    await transaction.start()
    await other.execute(LOCK)
    refreshing = asyncio.ensure_future(refresh_view(database, "points_view"))
    await until_waiting(observer)
    refreshing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await refreshing
    await until_waiting(observer, waiters=0)
    await transaction.commit()
    await other.close()
    async with asyncio.timeout(30):
        while await observer.fetchval(  # noqa: ASYNC110 - the server is what is waited for
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_advisory_xact_lock%'"
            " AND pid <> pg_backend_pid()"
        ):
            await asyncio.sleep(0.01)
