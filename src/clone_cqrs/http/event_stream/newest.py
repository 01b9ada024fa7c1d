"""The newest events of the log, read once for all connections of this process, and never more than a bounded number."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import takewhile
from typing import Any, Final

from clone_cqrs.events import EventSubscriber, RetryPolicy
from clone_cqrs.events.subscriptions.settle import settled_head
from clone_cqrs.http.event_stream.frame import Frame, frame_of
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database

MAX_FRAMES: Final = 1_000
MAX_BYTES: Final = 8 * 1024 * 1024
_COALESCE_S: Final = 0.01
"""Events that follow closely wake the connections once."""


class NewestEvents:
    """Follows the log while anybody listens, and keeps its newest events.

    position: everything up to it is settled, and has been seen. Whoever reads slower than the log grows finds that what comes
    next for him is not here any more, and reads it from the log: no queue grows for anybody.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._dropped = 0
        self._changed = asyncio.Event()
        self._waking: asyncio.TimerHandle | None = None
        self._listeners = 0
        self._subscriber: EventSubscriber | None = None
        self._turn = asyncio.Lock()
        self.position = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Have the log followed in the meantime. Raises: StorageUnavailableError."""
        async with self._turn:
            if self._subscriber is None:
                await self._begin()
            self._listeners += 1
        try:
            yield
        finally:
            self._listeners -= 1
            if self._listeners == 0:
                # Not in the task of a caller who may be cancelled: nobody would finish it.
                await asyncio.shield(asyncio.create_task(self._end_unless_used()))

    def after(self, position: int) -> list[Frame] | None:
        """What comes after a position, in order; None where that is not here any more."""
        if position < self._dropped:
            return None
        newer = list(takewhile(lambda frame: frame.position > position, reversed(self._frames)))
        newer.reverse()
        return newer

    def changes(self) -> asyncio.Event:
        """Set at the next change: asked for before looking, so that nothing is missed between looking and waiting."""
        return self._changed

    def wake(self) -> None:
        """Have everybody look again."""
        self._waking = None
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _begin(self) -> None:
        self._frames.clear()
        self._bytes = 0
        self.position = self._dropped = await settled_head(self._database)
        # An event that its type cannot read is left out: a stream is no place to wait for somebody to mend that.
        subscriber = EventSubscriber(self._database, start=self.position, retries=RetryPolicy(attempts=1))
        subscriber.on("*", self._heard)
        # A context of its own: it outlives the request that happens to be the first.
        await asyncio.create_task(subscriber.start(), context=contextvars.Context())
        self._subscriber = subscriber

    async def _end_unless_used(self) -> None:
        async with self._turn:
            subscriber = self._subscriber
            if self._listeners == 0 and subscriber is not None:
                self._subscriber = None
                await subscriber.stop()

    async def _heard(self, event: DomainEvent[Any]) -> None:
        frame = frame_of(event)
        self._frames.append(frame)
        self._bytes += len(frame.text)
        while len(self._frames) > MAX_FRAMES or self._bytes > MAX_BYTES:
            oldest = self._frames.popleft()
            self._bytes -= len(oldest.text)
            self._dropped = oldest.position
        self.position = frame.position
        if self._waking is None:
            self._waking = asyncio.get_running_loop().call_later(_COALESCE_S, self.wake)
