"""What one HTTP request is, as a span and in numbers. Log lines get its correlation id from `telemetry.bound`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from clone_cqrs.telemetry.meters import Meters
    from clone_cqrs.telemetry.tracing import Tracing

_TRACE_HEADERS: Final = (b"traceparent", b"tracestate")
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"))


class RequestInHand:
    """status: of the answer, as far as there is one; whoever answers sets it."""

    __slots__ = ("status",)

    def __init__(self) -> None:
        self.status: int | None = None


@contextmanager
def watched_request(scope: Mapping[str, Any], tracing: Tracing | None, meters: Meters | None) -> Iterator[RequestInHand]:
    """Around the handling of a request that has found its route. scope: ASGI's.

    The span goes on with the span that is current (an ASGI instrumentation's), else with the request's `traceparent`. Neither
    addresses nor headers are told, since they are a client's words: the route is.
    """
    method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
    route = route_of(scope)
    request = RequestInHand()
    began = time.perf_counter()
    try:
        if tracing is None:
            yield request
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        trace = {name.decode(): headers[name].decode("latin-1") for name in _TRACE_HEADERS if name in headers}
        attributes = {"http.request.method": method, "http.route": route, "url.scheme": str(scope.get("scheme", "http"))}
        parent = None if tracing.is_inside_a_span() else trace
        with tracing.span(f"{method} {route}", "server", attributes, parent=parent) as span:
            yield request
            if request.status is not None:
                span.set_attribute("http.response.status_code", request.status)
                if request.status >= 500:
                    tracing.mark_failed(span, str(request.status))
    finally:
        if meters is not None:
            meters.requests.labels(method, meters.name(route), str(request.status or "none")).inc()
            meters.request_duration.labels(method, meters.name(route)).observe(time.perf_counter() - began)


def route_of(scope: Mapping[str, Any]) -> str:
    """The request's address with the names of its parameters in place of what they stand for."""
    parts = str(scope["path"]).split("/")
    for name, value in scope.get("path_params", {}).items():
        parts = [f"{{{name}}}" if part == str(value) else part for part in parts]
    return "/".join(parts)
