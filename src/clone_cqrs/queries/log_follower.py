"""LogFollower: this process's own reading of the log, for its caches."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import time
from collections.abc import Collection
from math import inf
from typing import Any, Final, Protocol

import asyncpg

from clone_cqrs.errors import StorageUnavailableError
from clone_cqrs.events.own_connection import OwnConnection
from clone_cqrs.events.settled import SettledReader
from clone_cqrs.events.stored import event_of
from clone_cqrs.events.wakeups import Wakeups
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.telemetry import get_logger

_log = get_logger(__name__)
_LOG_HEAD = statement("clone_cqrs.queries", "log_head")
_BATCH_ROWS: Final = 500
_PEEK_ROWS: Final = 2_000
_POLL_S: Final = 0.5
_COALESCE_S: Final = 0.002
"""After a reading: commits that follow closely are read together, and the log is not asked thousands of times a second."""
_GAP_PAUSE_S: Final = 0.002
_READ_WITHIN_S: Final = 10.0
_OUTAGE_PAUSE_S: Final = (0.1, 2.0)


class LogListener(Protocol):
    """What hears of the log. Nothing here may suspend or raise.

    max_staleness: seconds for which it can do without word from the log.
    """

    max_staleness: float

    @property
    def types(self) -> Collection[str]:
        """The event types whose content it needs."""

    def apply(self, event: DomainEvent[Any]) -> None:
        """An event is committed. Comes once more, at its position, if it was seen before everything under it was settled."""

    def advanced(self, position: int) -> None:
        """Everything up to a position is settled, and has been applied."""

    def heard(self, at: float) -> None:
        """Everything that was visible in the log at a moment of the monotonic clock has been applied."""

    def lost(self) -> None:
        """What happened since the last word cannot be told: the follower stopped, or the log went back, as in a restore."""


class LogFollower:
    """One for a database and process, for all its caches; it starts with the first that asks, and stops with the database.

    position: everything up to it is settled and has been applied by every listener; None while it does not follow.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = OwnConnection(database)
        self._wakeups = Wakeups.of(database)
        self._listeners: list[LogListener] = []
        self._task: asyncio.Task[None] | None = None
        self._attempted = asyncio.Event()
        self._early: set[int] = set()
        self.clock = time.monotonic
        self.position: int | None = None
        self.heard_at = -inf
        database.on_close(self.stop)

    @classmethod
    def of(cls, database: Database) -> LogFollower:
        """The one of a database."""
        return database.companion(cls)

    def add(self, listener: LogListener) -> None:
        """Tell a listener from now on."""
        self._listeners.append(listener)
        if self.position is not None:
            listener.advanced(self.position)
            listener.heard(self.heard_at)

    async def start(self, timeout_s: float) -> None:
        """Begin, unless it has begun. Returns once it follows, its first attempt failed or waits for writers, or in time."""
        if self._task is None or self._task.done():
            self._attempted = asyncio.Event()
            # A context of its own: it outlives the query that happens to be the first.
            self._task = asyncio.create_task(self._run(), context=contextvars.Context())
        if not self._attempted.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._attempted.wait()

    async def stop(self) -> None:
        """Follow no more. What the listeners keep is worth nothing from here on."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        pause, told = _OUTAGE_PAUSE_S[0], False
        await self._wakeups.start()
        try:
            while True:
                heard_at = self.heard_at
                try:
                    await self._begin()
                    await self._follow()
                except Exception as error:
                    if self.heard_at > heard_at:
                        pause, told = _OUTAGE_PAUSE_S[0], False
                    if not told:
                        # Once for an outage. The type alone: a driver's text quotes rows.
                        told = True
                        _log.warning("log_follower_interrupted", error=type(error).__name__, position=self.position)
                self._attempted.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, _OUTAGE_PAUSE_S[1])
        finally:
            self._forget()
            self._connection.close()
            await self._wakeups.stop()

    async def _begin(self) -> None:
        """Find where to follow from: the place where it was interrupted, or the settled end of the log as it is now."""
        began = self.clock()
        async with asyncio.timeout(_READ_WITHIN_S), self._connection.acquire() as connection:
            problems = [row["problem"] for row in await connection.fetch("SELECT problem FROM cqrs.check_log()")]
            head: int = await connection.fetchval(_LOG_HEAD) or 0
        if problems:
            raise StorageUnavailableError(f"the log cannot be read safely: {'; '.join(problems)}")
        if self.position is not None and head < self.position:
            _log.warning("log_went_back", position=self.position, head=head)
            self._forget()
        if self.position is None:
            await self._settle(head)
            self._advance(head)
            # Whatever was visible then is at or below the head.
            self._hear(began)

    async def _settle(self, head: int) -> None:
        if head == 0:
            return
        reader = SettledReader(self._connection, 0)
        while reader.checkpoint < head:
            async with asyncio.timeout(_READ_WITHIN_S):
                await reader.settle(head)
            if reader.checkpoint < head:
                self._attempted.set()
                await asyncio.sleep(_GAP_PAUSE_S)

    async def _follow(self) -> None:
        assert self.position is not None
        never = asyncio.Event()
        reader = SettledReader(self._connection, self.position)
        while True:
            seen, began = self._wakeups.count, self.clock()
            async with asyncio.timeout(_READ_WITHIN_S):
                rows = await reader.read(_BATCH_ROWS, self._types())
            for row in rows:
                self._apply(row)
                self._advance(row["position"])
            if reader.complete:
                self._hear(began)
            elif began - self.heard_at > self._shortest_staleness() / 8:
                await self._look_over_the_gap(reader)
            if len(rows) < _BATCH_ROWS:
                await asyncio.sleep(_COALESCE_S if rows else _GAP_PAUSE_S if reader.waits_for_writers else 0)
            if reader.complete:
                await self._wakeups.wait(seen, min(_POLL_S, self._shortest_staleness() / 4), never)

    async def _look_over_the_gap(self, reader: SettledReader) -> None:
        """Apply what is committed above a gap, so that one slow writer does not cost every process its cache.

        An entry that is loaded after it dies once more when its position settles: until then its stamp is below.
        """
        began = self.clock()
        async with asyncio.timeout(_READ_WITHIN_S):
            rows = await reader.peek(_PEEK_ROWS, self._types())
        for row in rows:
            if row["position"] not in self._early:
                self._apply(row)
                self._early.add(row["position"])
        if len(rows) < _PEEK_ROWS:
            self._hear(began)

    def _types(self) -> list[str]:
        return sorted({event_type for listener in self._listeners for event_type in listener.types})

    def _shortest_staleness(self) -> float:
        return min((listener.max_staleness for listener in self._listeners), default=inf)

    def _apply(self, row: asyncpg.Record) -> None:
        concerned = [listener for listener in self._listeners if row["event_type"] in listener.types]
        if not concerned:
            return
        event = _readable(row)
        for listener in concerned:
            listener.apply(event)

    def _advance(self, position: int) -> None:
        self.position = position
        self._early.discard(position)
        for listener in self._listeners:
            listener.advanced(position)

    def _hear(self, at: float) -> None:
        self.heard_at = at
        for listener in self._listeners:
            listener.heard(at)
        self._attempted.set()

    def _forget(self) -> None:
        self.position, self.heard_at = None, -inf
        self._early.clear()
        for listener in self._listeners:
            listener.lost()


def _readable(row: asyncpg.Record) -> DomainEvent[Any]:
    """The event of a row; without content where that cannot be read, so that no scope narrows what it concerns."""
    if row["payload"] is not None:
        try:
            return event_of(row)
        except Exception as error:
            _log.error("event_without_content", position=row["position"], error=type(error).__name__)
    known = ("event_id", "event_type", "timestamp", "aggregate_id", "aggregate_type", "version", "position")
    facts = {name: row[name] for name in known}
    return DomainEvent.logged(**facts, payload={}, metadata={})
