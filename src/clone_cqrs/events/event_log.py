"""EventLog: reading what happened, folding an aggregate, replaying a range."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from clone_cqrs.errors import NotFoundError
from clone_cqrs.events.settled import SettledReader
from clone_cqrs.events.stored import event_of
from clone_cqrs.events.subscriptions import EventSubscriber
from clone_cqrs.events.subscriptions.delivery import EventHandler
from clone_cqrs.events.subscriptions.settle import settled_head
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.statements import statement

S = TypeVar("S")

_READ_AGGREGATE = statement("clone_cqrs.events", "read_aggregate")
_POSITION_AT = statement("clone_cqrs.events", "position_at")
_BATCH = 1_000
_PROGRESS_EVERY_S = 0.2


class EventLog:
    """The log of a database. Events come raised to the newest schema version of their type."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self,
        *,
        types: Collection[str] | None = None,
        aggregate_id: str | UUID | None = None,
        aggregate_type: str | None = None,
        after: int = 0,
        until: int | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[DomainEvent[Any]]:
        """The settled events in order of position, as they are now: `async for event in log.read(...)`.

        types: of events; after, until: positions, the first exclusive, the second inclusive; since, before: times at which they
        were recorded, [since, before); limit: at most so many.
        Raises: UnreadableEventError for an event that does not fit its type.
        """
        given = 0
        start = after if since is None else max(after, await self._database.fetch_value(_POSITION_AT, since))
        async for row in self._rows(aggregate_id, aggregate_type, start, types):
            if until is not None and row["position"] > until:
                if aggregate_id is None:
                    return
                continue
            recorded: datetime = row["recorded_at"]
            if (types is not None and row["event_type"] not in types) or row["position"] <= start:
                continue
            if aggregate_type is not None and row["aggregate_type"] != aggregate_type:
                continue
            if (since is not None and recorded < since) or (before is not None and recorded >= before):
                continue
            if limit is not None and given >= limit:
                return
            given += 1
            yield event_of(row)

    async def load(
        self,
        aggregate_id: str | UUID,
        reducer: Callable[[S, DomainEvent[Any]], S],
        initial: S,
        *,
        aggregate_type: str | None = None,
    ) -> S:
        """The state that an aggregate's events come to: reducer(state, event) over all of them in order of version."""
        state = initial
        async for row in self._rows(aggregate_id, aggregate_type, 0, None):
            state = reducer(state, event_of(row))
        return state

    async def replay(
        self,
        name: str,
        handlers: Mapping[str, EventHandler],
        *,
        after: int = 0,
        until: int | None = None,
        exactly_once: bool = False,
        progress: Callable[[int, int], None] | None = None,
        timeout: float | None = None,
    ) -> int:
        """Hand a range of the log to handlers, through a fresh subscription of this name, and return where it ended.

        handlers: by event type, "*" for all; after, until: positions, exclusive and inclusive, by default the whole log as it
        is now; progress(done, total): called a few times a second. The subscription stays, with its dead letters, if any.
        Raises: ValueError when the name is in use; StaleReadError after `timeout` seconds, or when an event was set aside.
        """
        if await self._database.fetch_value("SELECT count(*) FROM cqrs.subscription WHERE name = $1", name):
            raise ValueError(f"the subscription {name!r} exists: a replay needs a fresh name")
        end = await settled_head(self._database)
        end = end if until is None else min(until, end)
        subscriber = EventSubscriber(self._database, name, exactly_once=exactly_once, start=after)

        def within(handler: EventHandler) -> EventHandler:
            async def handle(event: DomainEvent[Any]) -> object:
                return await handler(event) if event.position is not None and event.position <= end else None

            return handle

        for event_type, handler in handlers.items():
            subscriber.on(event_type, within(handler))
        async with subscriber:
            reporting = asyncio.create_task(self._report(name, after, end, progress)) if progress is not None else None
            try:
                await subscriber.wait_until(end, timeout)
            finally:
                if reporting is not None:
                    reporting.cancel()
        if progress is not None:
            progress(max(0, end - after), max(0, end - after))
        return end

    async def event(self, position: int) -> DomainEvent[Any]:
        """One event. Raises: NotFoundError."""
        async for event in self.read(after=position - 1, until=position):
            return event
        raise NotFoundError(f"no event at position {position}")

    async def _rows(
        self, aggregate_id: str | UUID | None, aggregate_type: str | None, after: int, types: Collection[str] | None
    ) -> AsyncIterator[Any]:
        if aggregate_id is None:
            reader = SettledReader(self._database, after)
            wanted = None if types is None else sorted(types)
            while rows := await reader.read(_BATCH, wanted):
                for row in rows:
                    yield row
            return
        version = 0
        while rows := await self._database.fetch(_READ_AGGREGATE, str(aggregate_id), aggregate_type, version, _BATCH):
            for row in rows:
                yield row
            if len(rows) < _BATCH:
                return
            version = rows[-1]["version"]

    async def _report(self, name: str, after: int, end: int, progress: Callable[[int, int], None]) -> None:
        while True:
            done = await self._database.fetch_value("SELECT min(checkpoint) FROM cqrs.subscription WHERE name = $1", name)
            progress(max(0, min(done, end) - after), max(0, end - after))
            await asyncio.sleep(_PROGRESS_EVERY_S)
