"""The transport within one process: events go to the functions subscribed here, in order, before `publish` returns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from clone_cqrs.errors import PublishError
from clone_cqrs.messages import DomainEvent

Listener = Callable[[DomainEvent[Any]], Awaitable[None]]
EVERY_TYPE = "*"


class MemoryTransport:
    """Subscribed functions by event type; "*" takes every type."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = {}

    def on(self, event_type: str, listener: Listener) -> None:
        """Subscribe a function to a type. The same pair twice is one subscription."""
        listeners = self._listeners.setdefault(event_type, [])
        if listener not in listeners:
            listeners.append(listener)

    async def publish(self, events: Sequence[DomainEvent[Any]]) -> int:
        for index, event in enumerate(events):
            for listener in (*self._listeners.get(event.event_type, ()), *self._listeners.get(EVERY_TYPE, ())):
                try:
                    await listener(event)
                except Exception as cause:
                    raise PublishError(
                        f"a subscriber of {event.event_type} failed with {type(cause).__name__}", unpublished=events[index:]
                    ) from cause
        return len(events)

    async def close(self) -> None:
        return None
