"""EventPublisher: hands events to a transport."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clone_cqrs.errors import PublishError
from clone_cqrs.events.transports import Transport
from clone_cqrs.events.transports.memory import Listener, MemoryTransport
from clone_cqrs.messages import DomainEvent

_PLANNED = ("postgres", "nats", "redis", "rabbitmq", "pubsub")


class EventPublisher:
    """Publishes events in order. Nothing connects before the first publish.

    transport: "memory" (functions of this process, see `on`), or the name of a broker; project_id alone selects "pubsub".
    Raises: ValueError for a transport that does not exist.
    """

    def __init__(self, transport: str | None = None, *, project_id: str | None = None) -> None:
        self.transport_name = transport or ("pubsub" if project_id else "memory")
        if self.transport_name not in ("memory", *_PLANNED):
            raise ValueError(f"unknown transport {transport!r}: choose one of memory, {', '.join(_PLANNED)}")
        self.project_id = project_id
        self._memory = MemoryTransport() if self.transport_name == "memory" else None

    def on(self, event_type: str, listener: Listener) -> None:
        """Subscribe an async function to a type ("*": every one). Only the transport "memory" has subscribers here."""
        if self._memory is None:
            raise ValueError(f"the transport {self.transport_name!r} delivers elsewhere; only 'memory' has subscribers here")
        self._memory.on(event_type, listener)

    async def publish(self, event: DomainEvent[Any]) -> None:
        """Publish one event. Raises: PublishError."""
        await self._transport((event,)).publish((event,))

    async def publish_batch(self, events: Sequence[DomainEvent[Any]]) -> int:
        """Publish events in order; returns how many. Raises: PublishError; `unpublished` starts with the one that failed."""
        return await self._transport(events).publish(tuple(events))

    async def close(self) -> None:
        """Let the transport go."""
        if self._memory is not None:
            await self._memory.close()

    def _transport(self, events: Sequence[DomainEvent[Any]]) -> Transport:
        if self._memory is None:
            raise PublishError(f"the transport {self.transport_name!r} is not shipped yet", unpublished=events)
        return self._memory
