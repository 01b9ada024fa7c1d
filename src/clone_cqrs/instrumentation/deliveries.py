"""The middleware of a subscription: what the handling of one event is, in log lines, a span, and numbers."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from clone_cqrs.events.subscriptions.delivery import EventHandler
from clone_cqrs.instrumentation.outcomes import FAILED, OK
from clone_cqrs.messages import DomainEvent
from clone_cqrs.telemetry.context import Handling, correlation_of, trace_of

if TYPE_CHECKING:
    from clone_cqrs.telemetry.meters import Meters
    from clone_cqrs.telemetry.tracing import Tracing

UNNAMED = "(unnamed)"


class WatchedDeliveries:
    """Middleware around the handlers of one subscription. delivered: called with each event, inside of its span."""

    def __init__(
        self,
        subscription: str | None,
        tracing: Tracing | None,
        meters: Meters | None,
        delivered: Callable[[DomainEvent[Any]], object] | None = None,
    ) -> None:
        self._subscription = subscription or UNNAMED
        self._tracing = tracing
        self._meters = meters
        self._delivered = delivered

    async def __call__(self, event: DomainEvent[Any], call_next: EventHandler) -> None:
        facts = {"event_type": event.event_type, "event_id": event.event_id, "subscription": self._subscription}
        correlation_id = correlation_of(event.metadata, event.event_id)
        began = time.perf_counter()
        outcome = FAILED
        try:
            with Handling(correlation_id, facts), self._span(event, correlation_id):
                if self._delivered is not None:
                    self._delivered(event)
                await call_next(event)
            outcome = OK
        finally:
            if self._meters is not None:
                name = self._meters.name
                self._meters.deliveries.labels(name(self._subscription), name(event.event_type), outcome).inc()
                self._meters.delivery_duration.labels(name(self._subscription)).observe(time.perf_counter() - began)

    def _span(self, event: DomainEvent[Any], correlation_id: object) -> AbstractContextManager[object]:
        if self._tracing is None:
            return nullcontext()
        # The trace of whoever caused the event goes on here, whenever and wherever this is.
        return self._tracing.span(
            f"process {event.event_type}",
            "consumer",
            {
                "messaging.system": "clone_cqrs",
                "messaging.operation.type": "process",
                "messaging.operation.name": "process",
                "messaging.destination.name": event.event_type,
                "messaging.destination.subscription.name": self._subscription,
                "messaging.message.id": str(event.event_id),
                "messaging.message.conversation_id": str(correlation_id),
                "cqrs.event.position": event.position or 0,
                "cqrs.aggregate.type": event.aggregate_type,
            },
            parent=trace_of(event.metadata),
        )
