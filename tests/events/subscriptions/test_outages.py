"""PostgreSQL goes away while subscriptions run in this process; delivery goes on by itself, and nothing is lost.

Planted bugs, each seen to fail its test: a worker that waits for an answer without a limit (hangs); exactly-once deliveries
over the pool; a subscription that ends at its first error; a follower that goes on one beyond where it was.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.commands.proxy import Proxy
from tests.commands.waiting import until
from tests.conftest import ServerFactory
from tests.events.subscriptions.facts import NOTED, Log, Seen
from tests.events.subscriptions.test_delivery import WAIT_S
from tests.servers.databases import migrate_toolkit

from clone_cqrs.events import EventSubscriber, RetryPolicy
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database

LIMITS = {"statement_timeout": 0.5, "connect_timeout": 0.5, "idle_in_transaction_timeout": 2.0}
"""The last one is how long the server keeps what a session holds of which it does not hear any more."""
PATIENT = RetryPolicy(attempts=1000, first_delay=0.02, longest_delay=0.1)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_restart_of_postgresql_is_survived_by_every_kind_of_subscription(own_server: ServerFactory, mode: Any) -> None:
    server = own_server(fsync=True)
    await migrate_toolkit(server.dsn())
    async with Database.open(server.dsn()) as database:
        log = Log(database)
        await database.execute("CREATE TABLE effect (position bigint)")

        async def write(event: DomainEvent[Any]) -> None:
            await database.execute("INSERT INTO effect VALUES ($1)", event.position)

        seen, followed = Seen(), Seen()
        named = EventSubscriber(database, "named", start="beginning", partitions=2, retries=PATIENT, lease=6000)
        once = EventSubscriber(database, "once", start="beginning", exactly_once=True, retries=PATIENT, lease=6000)
        follower = EventSubscriber(database, retries=PATIENT)
        named.on(NOTED, seen)
        once.on(NOTED, write)
        follower.on(NOTED, followed)
        async with named, once, follower:
            await follower.wait_until(await log.note("a", "b"), WAIT_S)
            server.stop(mode)
            await asyncio.sleep(0.5)
            server.start()
            last = 0

            async def back() -> bool:
                nonlocal last
                try:
                    last = await log.note("a", "b", "c")
                except Exception:
                    return False
                return True

            await until(back)
            for subscription in (named, once, follower):
                await subscription.wait_until(last, WAIT_S)
        logged = [row["position"] for row in await database.fetch("SELECT position FROM cqrs.event ORDER BY 1")]
        assert sorted(set(seen.positions)) == logged
        assert followed.positions == logged
        assert [row["position"] for row in await database.fetch("SELECT position FROM effect ORDER BY 1")] == logged
        assert await database.fetch_value("SELECT count(*) FROM cqrs.set_aside WHERE state = 'dead'") == 0


@pytest.mark.parametrize(("name", "exactly_once"), [("named", False), ("once", True), (None, False)])
async def test_a_network_that_goes_away_without_a_word_is_noticed(
    dsn: str, log: Log, name: str | None, exactly_once: bool
) -> None:
    seen = Seen()
    async with Proxy(dsn) as proxy, Database.open(proxy.dsn, **LIMITS) as database:
        running = EventSubscriber(
            database, name, exactly_once=exactly_once, start="beginning", poll=0.05, lease=1, handler_timeout=0.5
        )
        running.on(NOTED, seen)
        await running.start()
        await log.note("a")
        await until(lambda: _true(len(seen.positions) == 1))
        proxy.swallow_everything()
        await log.note("a")
        await asyncio.sleep(0.2)
        proxy.let_new_ones_through()
        await until(lambda: _true(len(set(seen.positions)) == 2))
        await running.stop()
    assert seen.versions("a")[-1] == 2


@pytest.mark.parametrize("silent_at", ["INSERT", "move"])
async def test_an_exactly_once_effect_that_the_network_swallows_is_undone_and_comes_again(
    dsn: str, log: Log, silent_at: str
) -> None:
    await log.database.execute("CREATE TABLE effect (position bigint)")
    seen = Seen()
    async with Proxy(dsn) as proxy, Database.open(proxy.dsn, **LIMITS) as database:

        async def write(event: DomainEvent[Any]) -> None:
            await seen(event)
            if event.position == 2 and len(seen.events) == 2 and silent_at == "INSERT":
                proxy.swallow_everything()
            await database.execute("INSERT INTO effect VALUES ($1)", event.position)
            if event.position == 2 and len(seen.events) == 2 and silent_at == "move":
                proxy.swallow_everything()

        running = EventSubscriber(
            database, "once", exactly_once=True, start="beginning", retries=PATIENT, poll=0.05, lease=1, handler_timeout=0.5
        )
        running.on(NOTED, write)
        await running.start()
        await log.note("a")
        await until(lambda: _true(len(seen.positions) == 1))
        await log.note("a")
        await until(lambda: _true(len(seen.positions) == 2))
        await asyncio.sleep(0.2)
        proxy.let_new_ones_through()
        await until(lambda: _effects(log.database, [1, 2]))
        await running.stop()


@pytest.mark.parametrize("exactly_once", [False, True])
async def test_a_subscription_does_not_queue_with_the_commands(dsn: str, log: Log, exactly_once: bool) -> None:
    seen = Seen()
    async with Database.open(dsn, max_connections=2) as database, AsyncExitStack() as busy:
        running = EventSubscriber(database, "test", exactly_once=exactly_once, start="beginning", lease=0.5)
        running.on(NOTED, seen)
        await running.start()
        await until(lambda: _owned(log.database))
        for _ in range(2):
            await busy.enter_async_context(database.acquire())
        await EventSubscriber(log.database, "test", exactly_once=exactly_once).wait_until(await log.note("a", "b"), WAIT_S)
        await busy.aclose()
        await running.stop()
    assert seen.positions == [1, 2]


async def _effects(database: Database, wanted: list[int]) -> bool:
    return [row["position"] for row in await database.fetch("SELECT position FROM effect ORDER BY 1")] == wanted


async def _owned(database: Database) -> bool:
    owned: int = await database.fetch_value("SELECT count(*) FROM cqrs.subscription WHERE owner IS NOT NULL")
    return owned == 1


async def _true(condition: bool) -> bool:
    return condition
