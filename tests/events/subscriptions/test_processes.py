"""Real processes that share a subscription, and are killed, stopped and woken up.

Planted bugs, each seen to fail its test: a checkpoint that does not look at the epoch; a lease that never runs out; the
checkpoint stored before the effect; a crew that takes every partition it can get.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.commands.waiting import DEADLINE_S, until
from tests.events.subscriptions.facts import Log

from clone_cqrs.events import EventSubscriber
from clone_cqrs.postgres import Database

REPOSITORY = Path(__file__).parents[3]
LEASE_S = 1.0


@asynccontextmanager
async def worker(dsn: str, **settings: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process; it has said that it is ready."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.events.subscriptions.worker_process", dsn, "shared", json.dumps({"lease": LEASE_S} | settings)),
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await said(child, "ready")
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def said(child: asyncio.subprocess.Process, word: str) -> None:
    assert child.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        while (line := (await child.stdout.readline()).decode().strip()) != word:
            assert line, "the process ended without a word"


@pytest.fixture
async def effects(database: Database) -> Database:
    await database.execute("CREATE TABLE effect (position bigint, worker integer)")
    return database


async def positions(database: Database) -> list[int]:
    return [row["position"] for row in await database.fetch("SELECT position FROM effect ORDER BY position")]


async def handled(database: Database, position: int) -> None:
    """Wait until the subscription of the processes is past a position."""
    waiting = EventSubscriber(database, "shared")
    await waiting.wait_until(position, DEADLINE_S)


@pytest.mark.parametrize("exactly_once", [False, True])
async def test_a_worker_killed_between_effect_and_checkpoint_is_taken_over(
    dsn: str, effects: Database, log: Log, exactly_once: bool
) -> None:
    last = await log.note("a", "b", "c", "d")
    async with worker(dsn, exactly_once=exactly_once, hang_at=3, handler_timeout=600) as first:
        await said(first, "hanging")
        first.send_signal(signal.SIGKILL)
        await first.wait()
        async with worker(dsn, exactly_once=exactly_once):
            await handled(effects, last)
    found = await positions(effects)
    assert set(found) == {1, 2, 3, 4}
    # Exactly once: the effects of the killed worker went with their transaction. At least once: they stayed, and came again.
    assert (found == [1, 2, 3, 4]) == exactly_once


async def test_a_worker_that_slept_past_its_lease_cannot_write(dsn: str, effects: Database, log: Log) -> None:
    last = await log.note("a", "b", "c")
    async with worker(dsn, exactly_once=True, hang_at=2, handler_timeout=3) as sleeper:
        await said(sleeper, "hanging")
        sleeper.send_signal(signal.SIGSTOP)
        async with worker(dsn, exactly_once=True) as other:
            # The sleeper's transaction is open and holds no lock that the other needs.
            await handled(effects, last)
            epoch = await effects.fetch_value("SELECT epoch FROM cqrs.subscription")
            sleeper.send_signal(signal.SIGCONT)
            more = await log.note("d", "e")
            await handled(effects, more)
            # Long enough awake for its handler to time out, and for it to try to set the event aside.
            await until(lambda: _nobody_else_in_transaction(effects))
            assert await effects.fetch_value("SELECT count(*) FROM cqrs.set_aside") == 0
            assert other.returncode is None
    assert epoch >= 2
    rows = await effects.fetch("SELECT position, count(*) AS times FROM effect GROUP BY 1 ORDER BY 1")
    assert [(row["position"], row["times"]) for row in rows] == [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]


async def test_partitions_are_shared_among_processes_and_taken_over(dsn: str, effects: Database, log: Log) -> None:
    async with worker(dsn, partitions=4) as first:

        async def owned_by(count: int) -> bool:
            owners = await effects.fetch_value(
                "SELECT count(DISTINCT owner) FROM cqrs.subscription WHERE lease_until > clock_timestamp()"
            )
            free = await effects.fetch_value("SELECT count(*) FROM cqrs.subscription WHERE owner IS NULL")
            return bool(owners == count and free == 0)

        await until(lambda: owned_by(1))
        async with worker(dsn, partitions=4):
            await until(lambda: owned_by(2))
            last = await log.note(*[f"aggregate {number}" for number in range(40)])
            await handled(effects, last)
            workers = await effects.fetch_value("SELECT count(DISTINCT worker) FROM effect")
            assert workers == 2
            first.send_signal(signal.SIGKILL)
            await first.wait()
            await handled(effects, await log.note(*[f"aggregate {number}" for number in range(40)]))
            await until(lambda: owned_by(1))
    assert set(await positions(effects)) == set(range(1, 81))


async def test_a_worker_told_to_stop_gives_its_partition_back_at_once(database: Database, log: Log) -> None:
    async def ignore(_event: object) -> None:
        return None

    first = EventSubscriber(database, "shared", start="beginning", lease=600)
    first.on("*", ignore)
    async with first:
        await first.wait_until(await log.note("a"), DEADLINE_S)
    second = EventSubscriber(database, "shared", start="beginning", lease=600)
    second.on("*", ignore)
    async with second:
        await second.wait_until(await log.note("b"), DEADLINE_S)


async def _nobody_else_in_transaction(database: Database) -> bool:
    open_ones: int = await database.fetch_value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND xact_start IS NOT NULL AND backend_type = 'client backend'"
    )
    return open_ones == 0
