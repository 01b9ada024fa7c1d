"""The middleware of a bus: what a command or a query is, in log lines, a span, and numbers."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from clone_cqrs.dispatch.bus import Bus
from clone_cqrs.dispatch.middleware import CallNext
from clone_cqrs.errors import CqrsError
from clone_cqrs.instrumentation.outcomes import outcome_of, outcome_of_fault
from clone_cqrs.messages import CommandResult, QueryResult
from clone_cqrs.telemetry.context import Handling, correlation_of

if TYPE_CHECKING:
    from clone_cqrs.telemetry.meters import Meters
    from clone_cqrs.telemetry.tracing import Span, Tracing

_NO_SPAN: Final = nullcontext()
UNKNOWN: Final = "(unknown)"
Kind = Literal["command", "query"]
Result = CommandResult[Any] | QueryResult[Any]


class WatchedMessages:
    """Middleware around every message of one bus. tracing, meters: None where they are off."""

    def __init__(self, kind: Kind, bus: Bus[Any], tracing: Tracing | None, meters: Meters | None) -> None:
        self._kind: Kind = kind
        self._type, self._id = f"{kind}_type", f"{kind}_id"
        self._bus = bus
        self._tracing = tracing
        self._meters = meters

    async def __call__(self, message: Any, call_next: CallNext) -> Any:
        type_name: str = getattr(message, self._type)
        identifier: UUID = getattr(message, self._id)
        facts = {self._type: type_name, self._id: identifier, "actor": message.user_id}
        began = time.perf_counter()
        try:
            with (
                Handling(correlation_of(message.metadata, identifier), facts),
                self._span(type_name, identifier) as span,
            ):
                result: Result = await call_next(message)
                if self._tracing is not None and span is not None:
                    _describe(self._tracing, span, result)
        except BaseException as error:
            self._count(type_name, outcome_of_fault(error), None, time.perf_counter() - began)
            raise
        self._count(type_name, outcome_of(result), result, time.perf_counter() - began)
        return result

    def unread(self, type_name: str | None, error: CqrsError) -> None:
        """A wire message that did not become one: counted alone, since nothing was executed."""
        self._count(type_name, error.code, None, None)

    def _span(self, type_name: str, identifier: UUID) -> AbstractContextManager[Span | None]:
        if self._tracing is None:
            return _NO_SPAN
        attributes = {f"cqrs.{self._kind}.type": type_name, f"cqrs.{self._kind}.id": str(identifier)}
        return self._tracing.span(f"{self._kind} {type_name}", attributes=attributes)

    def _count(self, type_name: str | None, outcome: str, result: Result | None, seconds: float | None) -> None:
        if self._meters is None:
            return
        # What has no handler was named by somebody else, who could name anything.
        label = type_name if type_name is not None and self._bus.has_handler(type_name) else UNKNOWN
        if self._kind == "command":
            self._meters.command(label, outcome, seconds)
        else:
            self._meters.query(label, outcome, seconds, from_cache=isinstance(result, QueryResult) and result.from_cache)


def _describe(tracing: Tracing, span: Span, result: Result) -> None:
    span.set_attribute("cqrs.outcome", outcome_of(result))
    if isinstance(result, QueryResult):
        span.set_attribute("cqrs.from_cache", result.from_cache)
    elif result.events:
        span.set_attribute("cqrs.event.positions", [event.position or 0 for event in result.events])
    error = result.error
    if error is not None and (error.http_status or 500) >= 500:
        # A refusal is what it should be; running out of time is not.
        tracing.mark_failed(span, error.code)
