"""EventPublisher: hands events to a transport."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from clone_cqrs.errors import PublishError
from clone_cqrs.events.transports import Transport
from clone_cqrs.events.transports.memory import Listener, MemoryTransport
from clone_cqrs.events.transports.postgres import PostgresTransport
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres.database import Database

_BROKERS: Final = ("nats", "redis", "rabbitmq", "pubsub")


class EventPublisher:
    """Publishes events in order. Nothing connects before the first publish.

    transport: "memory", the functions of this process (see `on`); "postgres", the log of `database`; or the name of a broker.
    project_id alone selects "pubsub". Raises: ValueError for a transport that does not exist, or that lacks its database.
    """

    def __init__(
        self, transport: str | None = None, *, project_id: str | None = None, database: Database | None = None
    ) -> None:
        self.transport_name = transport if transport is not None else "pubsub" if project_id else "memory"
        self.project_id = project_id
        self._transport: Transport | None
        if self.transport_name == "memory":
            self._transport = MemoryTransport()
        elif self.transport_name == "postgres":
            if database is None:
                raise ValueError('EventPublisher("postgres", database=...): names the database whose log takes the events')
            self._transport = PostgresTransport(database)
        elif self.transport_name in _BROKERS:
            self._transport = None
        else:
            raise ValueError(f"unknown transport {transport!r}: choose one of memory, postgres, {', '.join(_BROKERS)}")

    def on(self, event_type: str | type[DomainEvent[Any]], listener: Listener) -> None:
        """Subscribe an async function to a type, or its class ("*": every one). Only "memory" has subscribers here."""
        if not isinstance(self._transport, MemoryTransport):
            raise ValueError(f"the transport {self.transport_name!r} delivers elsewhere; only 'memory' has subscribers here")
        name = event_type if isinstance(event_type, str) else event_type.type_name
        if not name:
            raise ValueError("on(): the event class has no type")
        self._transport.on(name, listener)

    async def publish(self, event: DomainEvent[Any]) -> None:
        """Publish one event. Raises: PublishError."""
        await self.publish_batch((event,))

    async def publish_batch(self, events: Sequence[DomainEvent[Any]]) -> int:
        """Publish events in order; returns how many. Raises: PublishError; its `unpublished` are to be published again.

        Those start with the one that failed, except on "postgres", which takes a batch whole or not at all.
        """
        if not events:
            return 0
        if self._transport is None:
            raise PublishError(f"the transport {self.transport_name!r} is not shipped yet", unpublished=events)
        return await self._transport.publish(tuple(events))

    async def close(self) -> None:
        """Let the transport go."""
        if self._transport is not None:
            await self._transport.close()
