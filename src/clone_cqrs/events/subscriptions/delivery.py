"""Handing one event to the functions that asked for it."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeAlias

import asyncpg

from clone_cqrs.errors import StorageUnavailableError
from clone_cqrs.events.subscriptions.in_time import in_time
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres.errors import is_unavailable
from clone_cqrs.telemetry.context import carried
from clone_cqrs.telemetry.error_text import chain_of, error_text

EventHandler: TypeAlias = Callable[[DomainEvent[Any]], Awaitable[object]]
DeliveryMiddleware: TypeAlias = Callable[[DomainEvent[Any], EventHandler], Awaitable[object]]
EVERY_TYPE: Final = "*"
_LONGEST_TEXT: Final = 10_000


class HandlerCancelledError(Exception):
    """A handler let a CancelledError out that was not meant for its worker."""


class Handlers:
    """The functions of one subscription, by event type; "*" takes every type."""

    def __init__(self) -> None:
        self._by_type: dict[str, tuple[EventHandler, ...]] = {}
        self._middleware: list[DeliveryMiddleware] = []

    def on(self, event_type: str, handler: EventHandler) -> None:
        """Add a handler. The same pair twice is one registration."""
        known = self._by_type.get(event_type, ())
        if handler not in known:
            self._by_type[event_type] = (*known, handler)

    def use(self, middleware: DeliveryMiddleware) -> None:
        """Put `middleware(event, call_next)` around every event's handlers; the first one is outermost."""
        self._middleware.append(middleware)

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
        # What a handler causes belongs to what caused its event.
        token = carried.set(event.metadata)
        try:
            if not self._middleware:
                await self._call(limit_s, event)
                return
            call: EventHandler = partial(self._call, limit_s)
            for layer in reversed(self._middleware):
                call = partial(_call_layer, layer, call)
            await call(event)
        finally:
            carried.reset(token)

    async def _call(self, limit_s: float, event: DomainEvent[Any]) -> None:
        for handler in (*self._by_type.get(event.event_type, ()), *self._by_type.get(EVERY_TYPE, ())):
            try:
                await in_time(handler(event), limit_s)
            except asyncio.CancelledError as cancelled:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                # Nobody cancelled this task: the handler waited for something of its own that was.
                raise HandlerCancelledError("the handler raised CancelledError") from cancelled


async def _call_layer(layer: DeliveryMiddleware, call_next: EventHandler, event: DomainEvent[Any]) -> None:
    await layer(event, call_next)


def is_outage(error: BaseException) -> bool:
    """Whether a handler failed because somebody was not there: trying again helps once they are back, however late.

    A handler that hangs is not known to be that.
    """
    return any(
        isinstance(cause, StorageUnavailableError | ConnectionError | socket.gaierror)
        or (isinstance(cause, asyncpg.PostgresError | asyncpg.InternalClientError) and is_unavailable(cause))
        for cause in chain_of(error)
    )


def describe(error: BaseException) -> tuple[str, str]:
    """An error as (text, trace) for a dead letter. Frames and lines of code only: values may hold secrets (see error_text)."""
    parts = [error_text(each) for each in chain_of(error)]
    trace = "".join(traceback.format_tb(error.__traceback__))
    return " <- ".join(parts)[:_LONGEST_TEXT], trace[-_LONGEST_TEXT:]
