"""Replaying: a range of the log, handed to handlers through a subscription of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from clone_cqrs.errors import ConflictError, StaleReadError
from clone_cqrs.events.reading import log_head
from clone_cqrs.events.subscriptions import EventSubscriber, RetryPolicy, remove_subscription
from clone_cqrs.events.subscriptions.delivery import EventHandler
from clone_cqrs.events.subscriptions.waiting import progress_of
from clone_cqrs.events.wakeups import Wakeups
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.statements import statement

_CREATE = statement("clone_cqrs.events.subscriptions", "create_subscription")
_PROGRESS = statement("clone_cqrs.events", "replay_progress")
_END = statement("clone_cqrs.events", "end_replay")
_LOOK_EVERY_S = 0.1


async def replay(
    database: Database,
    name: str,
    handlers: Mapping[str | type[DomainEvent[Any]], EventHandler],
    *,
    after: int,
    until: int | None,
    exactly_once: bool,
    retries: RetryPolicy | int | None,
    progress: Callable[[int, int], None] | None,
    timeout: float | None,
    keep: bool,
) -> int:
    """See EventLog.replay."""
    head = await log_head(database)
    end = max(after, head if until is None else min(until, head))
    subscriber = EventSubscriber(database, name, exactly_once=exactly_once, start=after, retries=retries)
    for event_type, handler in handlers.items():
        subscriber.on(event_type, _up_to(end, handler))
    settings = json.dumps(subscriber.settings.agreed())
    if await database.execute(_CREATE, name, subscriber.settings.partitions, after, settings) == "INSERT 0 0":
        raise ValueError(f"the subscription {name!r} exists: a replay needs a fresh name")
    try:
        async with subscriber, asyncio.timeout(timeout):
            dead = await _until_through(database, name, after, end, progress)
    except TimeoutError:
        raise StaleReadError(
            f"the replay is not at {end} after {timeout:g} s: {await progress_of(database, name, end)}"
        ) from None
    finally:
        await database.execute(_END, name, end)
    if dead:
        raise StaleReadError(
            f"replayed up to {end}, all but {dead} dead letters of {name!r} and the events that wait behind them: "
            f"{await progress_of(database, name, end)}"
        )
    if not keep:
        # Who works under this name already wants to go on from here.
        with contextlib.suppress(ConflictError):
            await remove_subscription(database, name)
    return end


async def _until_through(
    database: Database, name: str, after: int, end: int, progress: Callable[[int, int], None] | None
) -> int:
    """Wait until nothing of the range is left to do but for a person; returns the number of dead letters."""
    wakeups = Wakeups.of(database)
    while True:
        row = await database.fetch_one(_PROGRESS, name, end)
        assert row is not None
        checkpoint: int = end if row["checkpoint"] is None else row["checkpoint"]
        if progress is not None:
            progress(min(checkpoint, end) - after, end - after)
        if checkpoint >= end and not row["retrying"]:
            dead: int = row["dead"]
            return dead
        await wakeups.wait_for_progress(_LOOK_EVERY_S)


def _up_to(end: int, handler: EventHandler) -> EventHandler:
    async def handle(event: DomainEvent[Any]) -> object:
        return await handler(event) if event.position is not None and event.position <= end else None

    return handle
