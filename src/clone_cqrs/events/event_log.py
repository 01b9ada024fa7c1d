"""EventLog: reading what happened, folding an aggregate, replaying a range."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from clone_cqrs.errors import NotFoundError
from clone_cqrs.events.reading import GAP_TIMEOUT_S, log_head, next_settled, settle_within
from clone_cqrs.events.replay import replay
from clone_cqrs.events.settled import SettledReader
from clone_cqrs.events.stored import event_of
from clone_cqrs.events.subscriptions import RetryPolicy
from clone_cqrs.events.subscriptions.delivery import EventHandler
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.statements import statement

S = TypeVar("S")
EventType = str | type[DomainEvent[Any]]

_READ_AGGREGATE = statement("clone_cqrs.events", "read_aggregate")
_AGGREGATE_TYPES = statement("clone_cqrs.events", "aggregate_types")
_RECORDED_BETWEEN = statement("clone_cqrs.events", "recorded_between")
_READ_EVENT = statement("clone_cqrs.events.subscriptions", "read_event")
_BATCH = 1_000


class EventLog:
    """The log of a database. Events come raised to the newest schema version of their type."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self,
        *,
        types: EventType | Collection[EventType] | None = None,
        aggregate_id: str | UUID | None = None,
        aggregate_type: str | None = None,
        after: int = 0,
        until: int | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        limit: int | None = None,
        gap_timeout: float = GAP_TIMEOUT_S,
    ) -> AsyncIterator[DomainEvent[Any]]:
        """The settled events in order of position, none skipped: `async for event in log.read(...)`.

        types: of events, names or classes; after, until: positions, the first exclusive, the second inclusive; since, before:
        times at which they were recorded, [since, before); limit: at most so many. At a position that a transaction under way
        may still fill, the reading waits `gap_timeout` seconds for it, and then ends there; one aggregate's events never wait.
        Raises: UnreadableEventError for an event that does not fit its type; ValueError for a time without a zone.
        """
        wanted = _names(types)
        if limit is not None and limit < 1:
            return
        if aggregate_id is not None:
            rows = self._aggregate(str(aggregate_id), aggregate_type, after)
        else:
            after, until = await self._bounds(after, until, since, before, gap_timeout)
            rows = self._settled(after, until, wanted, gap_timeout)
        given = 0
        async for row in rows:
            if until is not None and row["position"] > until:
                return
            if (wanted is not None and row["event_type"] not in wanted) or not _within(since, row["recorded_at"], before):
                continue
            if aggregate_type is not None and row["aggregate_type"] != aggregate_type:
                continue
            yield event_of(row)
            given += 1
            if given == limit:
                return

    async def load(
        self,
        aggregate_id: str | UUID,
        reducer: Callable[[S, DomainEvent[Any]], S],
        initial: S,
        *,
        aggregate_type: str | None = None,
    ) -> S:
        """The state that an aggregate's events come to: reducer(state, event) over all of them in order of version.

        aggregate_type: needed only where aggregates of several types bear this id. Raises: ValueError where it is, and is not
        given; NotFoundError where retention has dropped the first events, so that the rest comes to another state.
        """
        types = [aggregate_type] if aggregate_type is not None else await self._types_of(str(aggregate_id))
        if len(types) > 1:
            raise ValueError(f"aggregates of several types bear this id, say which: {', '.join(types)}")
        state, expected = initial, 1
        for one in types:
            async for row in self._stream(str(aggregate_id), one, 0):
                if row["version"] != expected:
                    raise NotFoundError(f"the log no longer has version {expected} of {one} {aggregate_id}")
                state = reducer(state, event_of(row))
                expected += 1
        return state

    async def event(self, position: int) -> DomainEvent[Any]:
        """One committed event. Raises: NotFoundError, UnreadableEventError."""
        row = await self._database.fetch_one(_READ_EVENT, position)
        if row is None:
            raise NotFoundError(f"no event at position {position}")
        return event_of(row)

    async def replay(
        self,
        name: str,
        handlers: Mapping[EventType, EventHandler],
        *,
        after: int = 0,
        until: int | None = None,
        exactly_once: bool = False,
        retries: RetryPolicy | int | None = None,
        progress: Callable[[int, int], None] | None = None,
        timeout: float | None = None,
        keep: bool = False,
    ) -> int:
        """Hand a range of the log to handlers, through a fresh subscription of this name, and return where it ended.

        handlers: by event type or class, "*" for all; after, until: positions, exclusive and inclusive, by default the whole
        log as it is now; progress(done, total): positions, called as it goes on. In the end the subscription is removed; with
        `keep` it stays, its checkpoint at the end of the range: an EventSubscriber of this name, with the same `exactly_once`,
        goes on from there. It stays, too, where the replay did not come through, until `remove_subscription`.
        Raises: ValueError when the name is in use; StaleReadError after `timeout` seconds, or in the end when dead letters are
        left, which are visible under the name.
        """
        return await replay(
            self._database,
            name,
            handlers,
            after=after,
            until=until,
            exactly_once=exactly_once,
            retries=retries,
            progress=progress,
            timeout=timeout,
            keep=keep,
        )

    async def _bounds(
        self, after: int, until: int | None, since: datetime | None, before: datetime | None, gap_timeout: float
    ) -> tuple[int, int | None]:
        """The positions between which everything lies that was recorded in a span of time."""
        for name, moment in (("since", since), ("before", before)):
            if moment is not None and moment.tzinfo is None:
                raise ValueError(f"{name}: should be a time with a zone")
        if since is None and before is None:
            return after, until
        head = await log_head(self._database)
        if not await settle_within(SettledReader(self._database, 0), head, gap_timeout):
            # An event that is recorded, but not committed, is no bound yet: look at all of them.
            return after, until
        row = await self._database.fetch_one(_RECORDED_BETWEEN, since, before)
        first, last = (row["first"], row["last"]) if row is not None else (None, None)
        if last is not None and before is not None:
            until = last if until is None else min(until, last)
        return max(after, min(head, first - 1 if first is not None else head)), until

    async def _settled(
        self, after: int, until: int | None, types: list[str] | None, gap_timeout: float
    ) -> AsyncIterator[asyncpg.Record]:
        reader = SettledReader(self._database, after)
        while until is None or reader.checkpoint < until:
            rows = await next_settled(reader, _BATCH, types, gap_timeout)
            if not rows:
                return
            for row in rows:
                yield row

    async def _aggregate(self, aggregate_id: str, aggregate_type: str | None, after: int) -> AsyncIterator[asyncpg.Record]:
        """The events of all aggregates of an id, in order of position."""
        types = [aggregate_type] if aggregate_type is not None else await self._types_of(aggregate_id)
        streams = [self._stream(aggregate_id, one, after) for one in types]
        waiting = [(row, stream) for stream in streams if (row := await anext(stream, None)) is not None]
        while waiting:
            first = min(waiting, key=lambda each: int(each[0]["position"]))
            yield first[0]
            waiting.remove(first)
            if (row := await anext(first[1], None)) is not None:
                waiting.append((row, first[1]))

    async def _stream(self, aggregate_id: str, aggregate_type: str, after: int) -> AsyncIterator[asyncpg.Record]:
        version = 0
        while rows := await self._database.fetch(_READ_AGGREGATE, aggregate_id, aggregate_type, version, after, _BATCH):
            for row in rows:
                yield row
            if len(rows) < _BATCH:
                return
            version = rows[-1]["version"]

    async def _types_of(self, aggregate_id: str) -> list[str]:
        return [row["aggregate_type"] for row in await self._database.fetch(_AGGREGATE_TYPES, aggregate_id)]


def _names(types: EventType | Collection[EventType] | None) -> list[str] | None:
    if types is None:
        return None
    each = [types] if isinstance(types, str | type) else types
    names = {name if isinstance(name, str) else name.type_name for name in each}
    if None in names:
        raise ValueError("types: an event class has no type")
    return sorted(name for name in names if name is not None)


def _within(since: datetime | None, recorded: datetime, before: datetime | None) -> bool:
    return (since is None or recorded >= since) and (before is None or recorded < before)
