"""Connections go from use to use without being opened, reset or handed out twice.

Planted bugs, each seen to fail its test: an open transaction kept; a connection that was lent kept as it is; a lost one given
out; the place of one that failed to open, or was given up, not given back; a connection handed to a waiter that was cancelled
lost with it (hangs); waiters served in another order; what is idle not closed (hangs); the oldest given out first; a close,
or the end of a cancelled use, that waits for a network that went away (hang).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import pytest
from tests.commands.proxy import Proxy
from tests.servers.postgresql import PrivateServer

from clone_cqrs.errors import StorageUnavailableError
from clone_cqrs.postgres import Database
from clone_cqrs.postgres import pool as pool_module

DEADLINE_S = 20.0


@pytest.fixture
async def database(empty_dsn: str) -> AsyncIterator[Database]:
    async with Database.open(empty_dsn, max_connections=2) as opened:
        yield opened


async def backend(database: Database) -> int:
    pid: int = await database.fetch_value("SELECT pg_backend_pid()")
    return pid


async def backends(server: PrivateServer, dsn: str) -> int:
    [row] = await server.fetch("SELECT count(*) AS n FROM pg_stat_activity WHERE datname = $1", dsn.rpartition("/")[2])
    count: int = row["n"]
    return count


async def until_backends(server: PrivateServer, dsn: str, expected: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if await backends(server, dsn) == expected:
                return
            await asyncio.sleep(0.02)


async def test_gives_the_connection_used_last_out_first(database: Database) -> None:
    async with database.acquire() as one, database.acquire() as two:
        first, second = await one.fetchval("SELECT pg_backend_pid()"), await two.fetchval("SELECT pg_backend_pid()")
    assert first != second
    assert {await backend(database) for _ in range(5)} == {first}


async def test_never_opens_more_than_it_may(database: Database, server: PrivateServer, empty_dsn: str) -> None:
    at_once = 0
    most = 0

    async def use() -> None:
        nonlocal at_once, most
        async with database.acquire() as connection:
            at_once += 1
            most = max(most, at_once)
            await connection.execute("SELECT pg_sleep(0.01)")
            at_once -= 1

    async with asyncio.timeout(DEADLINE_S):
        await asyncio.gather(*(use() for _ in range(20)))
    assert most == 2
    assert await backends(server, empty_dsn) == 2


async def test_serves_those_who_wait_in_their_order(database: Database) -> None:
    served: list[int] = []

    async def use(number: int) -> None:
        async with database.acquire():
            served.append(number)
            await asyncio.sleep(0)

    async with AsyncExitStack() as held:
        for _ in range(2):
            await held.enter_async_context(database.acquire())
        waiting = [asyncio.create_task(use(number)) for number in range(6)]
        await asyncio.sleep(0.01)
        assert served == []
    async with asyncio.timeout(DEADLINE_S):
        await asyncio.gather(*waiting)
    assert served == sorted(served)


async def test_one_that_waits_and_is_cancelled_takes_nothing_along(empty_dsn: str) -> None:
    async with Database.open(empty_dsn, max_connections=1) as database, asyncio.timeout(DEADLINE_S):
        for early in (True, False):
            use = database.acquire()
            await use.__aenter__()
            waiting = asyncio.create_task(backend(database))
            await asyncio.sleep(0.01)
            if early:
                waiting.cancel()
                await use.__aexit__(None, None, None)
            else:
                # It has been handed the connection already, and does not know it yet.
                await use.__aexit__(None, None, None)
                waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await backend(database)


async def test_a_connection_whose_use_failed_is_reset(database: Database) -> None:
    async def fail() -> None:
        async with database.acquire() as connection:
            await connection.execute("BEGIN")
            raise ZeroDivisionError

    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            await fail()
        async with database.acquire() as connection:
            assert not connection.is_in_transaction()


async def test_a_connection_in_a_callers_own_hands_is_reset(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("SET search_path = nowhere")
    assert await database.fetch_value("SHOW search_path") != "nowhere"


async def test_does_not_give_out_what_was_lost_while_idle(database: Database, server: PrivateServer) -> None:
    first = await backend(database)
    await server.fetch("SELECT pg_terminate_backend($1, 10000)", first)
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                assert await backend(database) != first
                break
            except asyncpg.PostgresError:
                continue  # the news is still on its way


async def test_one_that_is_given_up_makes_room_at_once(empty_dsn: str) -> None:
    async with Database.open(empty_dsn, max_connections=1) as database, asyncio.timeout(DEADLINE_S):
        for _ in range(3):
            async with database.acquire() as connection:
                connection.terminate()
                database.give_up(connection)
                await backend(database)
        async with AsyncExitStack() as held:
            await held.enter_async_context(database.acquire())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await held.enter_async_context(database.acquire())


async def test_a_connection_that_cannot_be_opened_leaves_its_place(
    database: Database, server: PrivateServer, empty_dsn: str
) -> None:
    name = empty_dsn.rpartition("/")[2]
    async with asyncio.timeout(DEADLINE_S):
        await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await server.fetch("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1", name)
        for _ in range(3):
            with pytest.raises((StorageUnavailableError, asyncpg.PostgresError)):
                await backend(database)
        await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await asyncio.gather(*(backend(database) for _ in range(5)))


async def test_closes_what_nobody_wanted_for_long(
    database: Database, server: PrivateServer, empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "_IDLE_S", 0.05)
    async with Database.open(empty_dsn, max_connections=4) as other:
        async with AsyncExitStack() as held:
            for _ in range(3):
                await held.enter_async_context(other.acquire())
        # The fixture's database keeps the one that it was opened with.
        await until_backends(server, empty_dsn, 1)
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.gather(*(backend(other) for _ in range(8)))


async def test_closing_waits_for_uses_and_leaves_nothing_behind(server: PrivateServer, empty_dsn: str) -> None:
    database = Database.open(empty_dsn, max_connections=3)
    await database.start()
    await asyncio.gather(*(backend(database) for _ in range(3)))
    use = database.acquire()
    connection = await use.__aenter__()
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0.02)
    assert not closing.done()
    assert await connection.fetchval("SELECT 1") == 1
    await use.__aexit__(None, None, None)
    async with asyncio.timeout(DEADLINE_S):
        await closing
    await until_backends(server, empty_dsn, 0)


async def test_closes_in_time_on_a_network_that_went_away_without_a_word(empty_dsn: str) -> None:
    async with Proxy(empty_dsn) as proxy:
        database = Database.open(proxy.dsn, statement_timeout=0.2, connect_timeout=0.2)
        await database.start()
        async with database.acquire() as held, database.acquire() as idle:
            await idle.execute("SELECT 1")
            proxy.swallow_everything()
            waiting = asyncio.create_task(held.execute("SELECT 1"))
            await asyncio.sleep(0)
        async with asyncio.timeout(DEADLINE_S):
            await database.close()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_a_cancelled_statement_gives_its_place_back_though_nobody_answers(empty_dsn: str) -> None:
    limits = {"max_connections": 1, "statement_timeout": 0.2, "connect_timeout": 0.2}
    async with Proxy(empty_dsn) as proxy, Database.open(proxy.dsn, **limits) as database:
        pid = await backend(database)
        proxy.swallow_everything()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await database.fetch_value("SELECT 1")
        proxy.let_new_ones_through()
        async with asyncio.timeout(DEADLINE_S):
            assert await backend(database) != pid
