"""The unnamed subscription: this process's own, from "now", with nothing stored."""

from __future__ import annotations

import asyncio
import contextlib

from clone_cqrs.events.own_connection import OwnConnection
from clone_cqrs.events.settled import SettledReader
from clone_cqrs.events.stored import event_of
from clone_cqrs.events.subscriptions.delivery import Handlers, describe
from clone_cqrs.events.subscriptions.settings import SubscriptionSettings
from clone_cqrs.events.subscriptions.settle import settled_head
from clone_cqrs.events.wakeups import Wakeups
from clone_cqrs.postgres.database import Database
from clone_cqrs.telemetry import get_logger

_log = get_logger(__name__)
_GAP_PAUSE_S = 0.002
_OUTAGE_PAUSE_S = (0.1, 5.0)


class Follower:
    """Follows the log in memory. position: everything up to it has been handed to the handlers."""

    def __init__(
        self, database: Database, handlers: Handlers, settings: SubscriptionSettings, wakeups: Wakeups, position: int
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._settings = settings
        self._wakeups = wakeups
        self._stopping = asyncio.Event()
        self.position = position

    @classmethod
    async def begin(cls, database: Database, handlers: Handlers, settings: SubscriptionSettings, wakeups: Wakeups) -> Follower:
        """A follower that hears of every commit from now on (or from where `start` says)."""
        start = settings.start
        position = start if isinstance(start, int) else 0 if start == "beginning" else await settled_head(database)
        return cls(database, handlers, settings, wakeups, position)

    def stop(self) -> None:
        """Finish the event at hand and end."""
        self._stopping.set()
        self._wakeups.wake()

    async def run(self) -> None:
        """Follow until stopped. An outage is waited for: nothing is lost, because the position is kept."""
        pause = _OUTAGE_PAUSE_S[0]
        while not self._stopping.is_set():
            began_at = self.position
            try:
                await self._follow()
            except Exception as error:
                _log.warning("follower_interrupted", error=describe(error)[0])
                if self.position > began_at:
                    pause = _OUTAGE_PAUSE_S[0]
                await self._pause(pause)
                pause = min(pause * 2, _OUTAGE_PAUSE_S[1])

    async def _follow(self) -> None:
        own = OwnConnection(self._database)
        try:
            await self._follow_with(SettledReader(own, self.position))
        finally:
            own.close()

    async def _follow_with(self, reader: SettledReader) -> None:
        while not self._stopping.is_set():
            seen = self._wakeups.count
            rows = await reader.read(self._settings.batch_size, self._handlers.types)
            for row in rows:
                if self._stopping.is_set():
                    break
                if self._handlers.wants(row["event_type"]):
                    await self._deliver(row)
                self.position = row["position"]
            if rows:
                self._wakeups.progressed()
            elif reader.waits_for_writers:
                await asyncio.sleep(_GAP_PAUSE_S)
            else:
                await self._wakeups.wait(seen, self._settings.poll, self._stopping)

    async def _deliver(self, row: object) -> None:
        attempts = self._settings.retries.attempts
        for attempt in range(1, attempts + 1):
            try:
                await self._handlers.deliver(event_of(row), self._settings.handler_timeout)  # type: ignore[arg-type]
                return
            except Exception as error:
                text, _trace = describe(error)
                _log.error("follower_handler_failed", attempt=attempt, attempts=attempts, error=text)
                if self._stopping.is_set():
                    return
                if attempt < attempts:
                    await self._pause(self._settings.retries.delay_after(attempt).total_seconds())

    async def _pause(self, seconds: float) -> None:
        """A while, or until it is told to stop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
