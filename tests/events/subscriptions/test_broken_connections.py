"""The connection breaks at any message that a subscription's process sends: nothing is lost, and effects happen once.

Planted bugs, each seen to fail its test: the checkpoint of an exactly-once delivery stored outside of its transaction; a
process that gives its subscription up at the first error; the checkpoint stored before the handler is called.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.commands.proxy import Link, Proxy, lose_answer, lose_commit
from tests.events.subscriptions.facts import NOTED, Log, Seen

from clone_cqrs.events import DeadLetters, EventSubscriber, RetryPolicy
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database

PATIENT = RetryPolicy(attempts=1000, first_delay=0.01, longest_delay=0.02)
WRITTEN = ("a", "bad", "b", "bad", "a")
AT_ONCE = 8
BREAKS = 24
"""So many, spread over all messages; at every one of them a run would take minutes."""
WAIT_S = 50.0


async def run(
    dsn: str,
    observer: Database,
    name: str,
    exactly_once: bool,
    last: int,
    cut_at: int | None,
    at_commit: Callable[[Link], Awaitable[None]] | None = None,
) -> int:
    """Handle the log through a proxy that cuts a connection at a message; returns how many messages were sent."""
    seen = Seen()
    failed = False

    async with Proxy(dsn) as proxy, Database.open(proxy.dsn, max_connections=2) as database:
        proxy.cut_at = None if cut_at is None else proxy.messages + cut_at
        proxy.next_commit = at_commit
        before = proxy.messages

        async def handle(event: DomainEvent[Any]) -> None:
            nonlocal failed
            await database.execute("INSERT INTO effect VALUES ($1, $2)", name, event.position)
            if event.aggregate_id == "bad" and not failed:
                failed = True
                raise RuntimeError("the first time")
            await seen(event)

        running = EventSubscriber(
            database, name, exactly_once=exactly_once, start="beginning", retries=PATIENT, poll=0.05, lease=600, batch_size=3
        )
        running.on(NOTED, handle)
        await started(running)
        try:
            await EventSubscriber(observer, name).wait_until(last, WAIT_S)
        finally:
            await running.stop()
        sent = proxy.messages - before
    effects = [row["position"] for row in await observer.fetch("SELECT position FROM effect WHERE subscription = $1", name)]
    assert set(effects) == set(range(1, last + 1)), f"cut at {cut_at}"
    if exactly_once:
        assert max(Counter(effects).values()) == 1, f"cut at {cut_at}"
    for aggregate in WRITTEN:
        first_sightings = list(dict.fromkeys(seen.versions(aggregate)))
        assert first_sightings == sorted(first_sightings, key=lambda version: version or 0), f"cut at {cut_at}"
    return sent


@pytest.mark.parametrize("step", [lose_commit, lose_answer])
async def test_a_connection_that_breaks_at_the_commit_of_effects_neither_loses_nor_repeats_them(
    dsn: str, log: Log, step: Callable[[Link], Awaitable[None]]
) -> None:
    await log.database.execute("CREATE TABLE effect (subscription text, position bigint)")
    last = await log.note(*WRITTEN)
    await run(dsn, log.database, "test", True, last, None, step)


async def started(running: EventSubscriber) -> None:
    """A start that meets the cut is the caller's to repeat."""
    try:
        await running.start()
    except Exception:
        await running.start()


@pytest.mark.parametrize("exactly_once", [False, True])
async def test_a_connection_that_breaks_at_any_message_loses_nothing(dsn: str, log: Log, exactly_once: bool) -> None:
    await log.database.execute("CREATE TABLE effect (subscription text, position bigint)")
    last = await log.note(*WRITTEN)
    messages = await run(dsn, log.database, "whole", exactly_once, last, None)
    assert messages > 30
    cuts = [1 + number * messages // BREAKS for number in range(BREAKS)]
    for group in range(0, len(cuts), AT_ONCE):
        async with asyncio.TaskGroup() as runs:
            for cut in cuts[group : group + AT_ONCE]:
                runs.create_task(run(dsn, log.database, f"cut at {cut}", exactly_once, last, cut))
    assert await DeadLetters(log.database).list(retrying=True) == ()
