"""ASGI middleware: where the correlation id and the trace of a request come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from clone_cqrs.bootstrap import Application
from clone_cqrs.telemetry.context import bound

if TYPE_CHECKING:
    from clone_cqrs.telemetry.tracing import Span

CORRELATION_HEADER: Final = b"x-correlation-id"
_TRACE_HEADERS: Final = (b"traceparent", b"tracestate")
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"))

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]


class RequestTelemetry:
    """Binds `X-Correlation-ID` (a new one, where a request has none that can be used), answers it, and makes the server's span.

        app.add_middleware(RequestTelemetry, application=application)

    The span, where `instrument` has switched tracing on, goes on with the request's `traceparent`; it is named by method and
    route. Neither paths nor headers are in it: they are a client's words.
    """

    def __init__(self, app: ASGIApplication, application: Application) -> None:
        self._app = app
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        asked = headers.get(CORRELATION_HEADER)
        with (
            bound(correlation_id=None if asked is None else asked.decode("latin-1")) as correlation_id,
            self._span(scope, headers) as span,
        ):

            async def answer(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message.get("headers", ()), (CORRELATION_HEADER, correlation_id.encode("ascii"))]
                    if span is not None:
                        self._answered(span, scope, message["status"])
                await send(message)

            await self._app(scope, receive, answer)

    def _span(self, scope: Scope, headers: dict[bytes, bytes]) -> AbstractContextManager[Span | None]:
        instrumentation = self._application.instrumentation
        if instrumentation is None or instrumentation.tracing is None:
            return nullcontext()
        method = _method(scope)
        trace = {name.decode(): headers[name].decode("latin-1") for name in _TRACE_HEADERS if name in headers}
        attributes = {"http.request.method": method, "url.scheme": str(scope.get("scheme", "http"))}
        return instrumentation.tracing.span(method, "server", attributes, parent=trace)

    def _answered(self, span: Span, scope: Scope, status: int) -> None:
        instrumentation = self._application.instrumentation
        assert instrumentation is not None
        assert instrumentation.tracing is not None
        # Which route it is, routing has found out meanwhile.
        route = getattr(scope.get("route"), "path", None)
        if isinstance(route, str):
            span.set_attribute("http.route", route)
            span.update_name(f"{_method(scope)} {route}")
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            instrumentation.tracing.mark_failed(span, str(status))


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "_OTHER"
