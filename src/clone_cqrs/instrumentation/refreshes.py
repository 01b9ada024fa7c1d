"""Around the refreshes of views: each goes on with the trace of the event that asked first, and is linked to the others."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from clone_cqrs.consistency import EventualConsistencyHandler
from clone_cqrs.instrumentation.outcomes import FAILED, OK
from clone_cqrs.messages import DomainEvent, uuid7
from clone_cqrs.telemetry.context import Handling, carried, correlation_of, trace_of

if TYPE_CHECKING:
    from clone_cqrs.telemetry.meters import Meters
    from clone_cqrs.telemetry.tracing import Span, Tracing

_MOST_CAUSES: Final = 32
"""Of one refresh, that its span is linked to: it can follow from thousands of events."""
_SKIPPED: Final = "skipped"
"""A look at a view that found no refresh worth its cost, or another process at it."""

Cause = Mapping[str, Any]


class WatchedRefreshes:
    """Middleware around refreshes; `asked` is told of the events that lead to them."""

    def __init__(self, consistency: EventualConsistencyHandler, tracing: Tracing | None, meters: Meters | None) -> None:
        self._consistency = consistency
        self._tracing = tracing
        self._meters = meters
        self._causes: dict[str, list[Cause]] = {}

    def asked(self, event: DomainEvent[Any]) -> None:
        """An event is being handled that may ask for refreshes."""
        cause = {"correlation_id": correlation_of(event.metadata, event.event_id), **trace_of(carried.get())}
        for rule in self._consistency.rules:
            if rule.event_type == event.event_type:
                for view in rule.affected_views:
                    causes = self._causes.setdefault(view, [])
                    if len(causes) < _MOST_CAUSES:
                        causes.append(cause)

    async def __call__(self, view: str, refresh: Callable[[], Awaitable[object]]) -> object:
        causes = self._causes.pop(view, [])
        correlation = causes[0]["correlation_id"] if causes else uuid7()
        began = time.perf_counter()
        outcome = FAILED
        try:
            with Handling(correlation, {"view": view}), self._span(view, causes) as span:
                carried_out = await refresh()
                outcome = _SKIPPED if carried_out is False else OK
                if span is not None and outcome == _SKIPPED:
                    span.update_name(f"look at {view}")
                    span.set_attribute("cqrs.outcome", outcome)
        except BaseException:
            # It will be tried again, for the same events.
            self._causes[view] = [*causes, *self._causes.get(view, [])][:_MOST_CAUSES]
            raise
        finally:
            self._count(view, outcome, time.perf_counter() - began)
        return carried_out

    def _span(self, view: str, causes: list[Cause]) -> AbstractContextManager[Span | None]:
        if self._tracing is None:
            return nullcontext()
        traces = [trace_of(cause) for cause in causes]
        return self._tracing.span(
            f"REFRESH MATERIALIZED VIEW {view}",
            "client",
            {
                "db.system.name": "postgresql",
                "db.operation.name": "REFRESH MATERIALIZED VIEW",
                "db.collection.name": view,
                "db.query.summary": f"REFRESH MATERIALIZED VIEW {view}",
            },
            parent=traces[0] if traces else {},
            links=traces[1:],
        )

    def _count(self, view: str, outcome: str, seconds: float) -> None:
        if self._meters is None:
            return
        label = self._meters.name(view)
        self._meters.refreshes.labels(label, outcome).inc()
        if outcome != _SKIPPED:
            self._meters.refresh_duration.labels(label).observe(seconds)
