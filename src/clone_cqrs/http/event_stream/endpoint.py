"""GET /events: to an admin every event, to anybody else those whose payload's user_id is theirs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

from sse_starlette import EventSourceResponse

from clone_cqrs.errors import QueryValidationError, UnreadableEventError
from clone_cqrs.events import ConsistencyToken
from clone_cqrs.events.reading import log_head, next_settled
from clone_cqrs.events.settled import SettledReader
from clone_cqrs.events.stored import event_of
from clone_cqrs.http.bearer_tokens import ADMIN, Bearer
from clone_cqrs.http.errors import ShuttingDownError, TooManyRequestsError
from clone_cqrs.http.event_stream.frame import Frame, frame_of, heartbeat
from clone_cqrs.http.event_stream.newest import NewestEvents
from clone_cqrs.http.exchange import SECURITY_HEADERS, Exchange
from clone_cqrs.http.service import HttpService
from clone_cqrs.telemetry import get_logger

_log = get_logger(__name__)
_BATCH: Final = 200
_READ_AT_ONCE: Final = 2
"""Connections that read the log themselves, at one time: whoever resumes must not take the pool from commands."""
_GAP_PAUSE_S: Final = 0.2
_SEND_WITHIN_S: Final = 60.0


class EventStreamEndpoint:
    """Streams events to the bearer of the token, until it expires, the caller leaves, or the server shuts down."""

    def __init__(self, service: HttpService) -> None:
        self._service = service
        self._database = service.application.database
        self._newest = NewestEvents(self._database)
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)
        self._open = 0
        service.on_stop(self._newest.wake)

    async def __call__(self, exchange: Exchange) -> None:
        bearer = self._service.bearer_of(exchange)
        if self._service.stopping.is_set():
            raise ShuttingDownError("the server is shutting down: try another one, or again soon")
        if self._open >= self._service.settings.max_event_streams:
            raise TooManyRequestsError("the server has as many event streams open as it takes")
        types = frozenset(name for name in exchange.parameters().get("types", "").split(",") if name)
        self._open += 1
        try:
            async with self._newest.listening():
                seen = await self._seen(exchange.header(b"last-event-id"))
                stream = EventSourceResponse(
                    self._frames(bearer, types, seen), ping=0, send_timeout=_SEND_WITHIN_S, headers=_headers(exchange)
                )
                await exchange.hand_over(stream)
        finally:
            self._open -= 1

    async def _seen(self, last_event_id: str | None) -> int:
        """The position that the caller has seen: of its Last-Event-ID, a position or a token; without one, the newest.

        Raises: QueryValidationError for what is neither, or beyond the end of the log, as after the restore of a backup.
        """
        if last_event_id is None:
            return self._newest.position
        if last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= 18:
            position = int(last_event_id)
        else:
            token = ConsistencyToken.parse(last_event_id)
            if not token.belongs_to(await self._database.database_id()):
                raise QueryValidationError("Last-Event-ID: is of another database")
            position = token.position
        if position > self._newest.position and position > await log_head(self._database):
            raise QueryValidationError("Last-Event-ID: is beyond the end of the log; was a backup restored?")
        return position

    async def _frames(self, bearer: Bearer, types: frozenset[str], seen: int) -> AsyncIterator[bytes]:
        """The events after `seen` that the bearer may see, as they settle; several at a time where there are several."""
        stopping, beat = self._service.stopping, self._service.settings.heartbeat
        told = time.monotonic()
        reader: SettledReader | None = None
        yield heartbeat(seen)
        while not stopping.is_set() and bearer.until > time.time():
            changes, before = self._newest.changes(), seen
            found = self._newest.after(seen)
            if found is None:
                reader = reader or SettledReader(self._database, seen)
                try:
                    found = await self._from_log(reader)
                except Exception as error:
                    # The caller comes again, and goes on where it was.
                    _log.warning("event_stream_interrupted", exc_info=error)
                    return
                seen = reader.checkpoint
            else:
                reader = None
                seen = found[-1].position if found else seen
            shown = [frame.text for frame in found if _may_see(bearer, frame) and (not types or frame.event_type in types)]
            if shown or time.monotonic() - told >= beat:
                yield b"".join(shown) or heartbeat(seen)
                told = time.monotonic()
            if seen == before:
                # Where the log itself has nothing yet, somebody is still writing at a gap.
                longest = beat if reader is None else _GAP_PAUSE_S
                left = min(longest, told + beat - time.monotonic(), bearer.until - time.time())
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, left)):
                        await changes.wait()

    async def _from_log(self, reader: SettledReader) -> list[Frame]:
        """The next events that are settled; none where the reader has to wait for somebody who is still writing."""
        async with self._reading:
            rows = await next_settled(reader, _BATCH)
        frames = []
        for row in rows:
            try:
                frames.append(frame_of(event_of(row)))
            except UnreadableEventError:
                continue
        return frames


def _may_see(bearer: Bearer, frame: Frame) -> bool:
    return ADMIN in bearer.roles or frame.owner == bearer.user_id


def _headers(exchange: Exchange) -> dict[str, Any]:
    headers = {name.decode(): value.decode() for name, value in SECURITY_HEADERS}
    return {**headers, "x-request-id": exchange.correlation_id}
