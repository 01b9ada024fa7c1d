"""Handing one event to the functions that asked for it."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import asyncpg

from clone_cqrs.errors import StorageUnavailableError
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres.errors import is_unavailable

EventHandler: TypeAlias = Callable[[DomainEvent[Any]], Awaitable[object]]
EVERY_TYPE: Final = "*"
_LONGEST_TEXT: Final = 10_000


class HandlerCancelledError(Exception):
    """A handler let a CancelledError out that was not meant for its worker."""


class Handlers:
    """The functions of one subscription, by event type; "*" takes every type."""

    def __init__(self) -> None:
        self._by_type: dict[str, tuple[EventHandler, ...]] = {}

    def on(self, event_type: str, handler: EventHandler) -> None:
        """Add a handler. The same pair twice is one registration."""
        known = self._by_type.get(event_type, ())
        if handler not in known:
            self._by_type[event_type] = (*known, handler)

    @property
    def types(self) -> list[str] | None:
        """The types that anybody asked for; None for all."""
        return None if EVERY_TYPE in self._by_type else sorted(self._by_type)

    @property
    def most_at_once(self) -> int:
        """How many handlers one event can have."""
        every = len(self._by_type.get(EVERY_TYPE, ()))
        return every + max((len(found) for key, found in self._by_type.items() if key != EVERY_TYPE), default=0)

    def wants(self, event_type: str) -> bool:
        """Whether any handler takes this type."""
        return event_type in self._by_type or EVERY_TYPE in self._by_type

    async def deliver(self, event: DomainEvent[Any], limit_s: float) -> None:
        """Call the handlers one after another. Raises: what they raise, always an Exception; TimeoutError where one hangs."""
        for handler in (*self._by_type.get(event.event_type, ()), *self._by_type.get(EVERY_TYPE, ())):
            async with asyncio.timeout(limit_s):
                try:
                    await handler(event)
                except asyncio.CancelledError as cancelled:
                    task = asyncio.current_task()
                    if task is not None and task.cancelling():
                        raise
                    # Nobody cancelled this task: the handler waited for something of its own that was.
                    raise HandlerCancelledError("the handler raised CancelledError") from cancelled


def is_outage(error: BaseException) -> bool:
    """Whether a handler failed because somebody was not there: trying again helps once they are back, however late.

    A handler that hangs is not known to be that.
    """
    cause: BaseException | None = error
    for _ in range(5):
        if cause is None:
            break
        if isinstance(cause, StorageUnavailableError | ConnectionError | socket.gaierror):
            return True
        if isinstance(cause, asyncpg.PostgresError) and is_unavailable(cause):
            return True
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return False


def describe(error: BaseException) -> tuple[str, str]:
    """An error as (text, trace) for a dead letter. Frames and lines of code only: values may hold secrets.

    A database error's text quotes rows (its DETAIL does), so that SQLSTATE and constraint stand in for it.
    """
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(parts) < 5:
        parts.append(_text(cause))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    trace = "".join(traceback.format_tb(error.__traceback__))
    return " <- ".join(parts)[:_LONGEST_TEXT], trace[-_LONGEST_TEXT:]


def _text(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, asyncpg.PostgresError):
        constraint = getattr(error, "constraint_name", None)
        return f"{name} (SQLSTATE {error.sqlstate}{f', {constraint}' if constraint else ''})"
    return f"{name}: {error}" if str(error) else name
