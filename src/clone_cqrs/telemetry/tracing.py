"""Spans, through OpenTelemetry's API. Needs the extra `telemetry`: nothing imports this module before tracing is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Literal, TypeAlias

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NoOpTracerProvider, ProxyTracerProvider, Span, SpanKind, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from clone_cqrs.errors import CqrsError
from clone_cqrs.telemetry.context import Carrying

__all__ = ["Span", "TracerProvider", "Tracing", "somebody_collects"]

_SCOPE: Final = "clone_cqrs"
# Of what a program may have set up as its propagators, events take along W3C's trace context alone: baggage may hold anything.
_TRACE_CONTEXT: Final = TraceContextTextMapPropagator()
_KINDS: Final = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
}
Kind: TypeAlias = Literal["internal", "server", "client", "consumer"]
Headers: TypeAlias = Mapping[str, str]


class Tracing:
    """Makes spans, and has the events that are caused inside one take its context along."""

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer(_SCOPE, tracer_provider=provider)

    @contextmanager
    def span(
        self,
        name: str,
        kind: Kind = "internal",
        attributes: Mapping[str, AttributeValue] | None = None,
        *,
        parent: Headers | None = None,
        links: Sequence[Headers] = (),
    ) -> Iterator[Span]:
        """A span around what is inside, ended whatever happens there. What is raised is marked by its type, never by its text.

        parent: a trace context, of a request or an event; an empty one begins a trace; None: the span that is current.
        links: trace contexts of what else led to it.
        """
        span = self._tracer.start_span(
            name,
            None if parent is None else _context_of(parent),
            _KINDS[kind],
            attributes,
            links=[Link(context) for context in map(_span_context_of, links) if context.is_valid],
        )
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                with Carrying(_headers_of(span.get_span_context())):
                    yield span
            except BaseException as error:
                self.mark_failed(span, error.code if isinstance(error, CqrsError) else type(error).__name__)
                raise

    def is_inside_a_span(self) -> bool:
        """Whether there is a current span, which new ones go on with."""
        return trace.get_current_span().get_span_context().is_valid

    def mark_failed(self, span: Span, error_type: str) -> None:
        """Say that what the span stands for went wrong."""
        span.set_attribute("error.type", error_type)
        span.set_status(StatusCode.ERROR)


def somebody_collects() -> bool:
    """Whether this process has set up an SDK. Without one, spans go nowhere."""
    return not isinstance(trace.get_tracer_provider(), ProxyTracerProvider | NoOpTracerProvider)


def _headers_of(context: trace.SpanContext) -> Headers:
    # What the propagator would inject, without its way through the context: each span passes here.
    if not context.is_valid:
        return {}
    headers = {"traceparent": f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"}
    if context.trace_state:
        headers["tracestate"] = context.trace_state.to_header()
    return headers


def _context_of(headers: Headers) -> Context:
    return _TRACE_CONTEXT.extract(headers, Context())


def _span_context_of(headers: Headers) -> trace.SpanContext:
    return trace.get_current_span(_context_of(headers)).get_span_context()
