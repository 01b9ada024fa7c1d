"""/healthz: the process answers. /readyz: it can serve. /metrics: what it counts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from ipaddress import ip_address

from starlette.routing import BaseRoute, Route

from clone_cqrs.errors import MessageAuthorizationError
from clone_cqrs.http.bearer_tokens import ADMIN
from clone_cqrs.http.errors import AuthenticationError, UnknownAddressError
from clone_cqrs.http.exchange import JSON, Exchange
from clone_cqrs.http.readiness import Readiness
from clone_cqrs.http.service import Endpoint, HttpService


def health_routes(service: HttpService) -> Sequence[BaseRoute]:
    """The routes of these."""
    readiness = Readiness(service)

    async def healthz(exchange: Exchange) -> None:
        await exchange.answer(200, b'{"status":"ok"}\n')

    async def readyz(exchange: Exchange) -> None:
        checks = await readiness.checks()
        ready = all(check.ok for check in checks.values())
        answer: dict[str, object] = {"status": "ready" if ready else "not ready"}
        if is_operator(service, exchange):
            answer["checks"] = {name: {"ok": check.ok, "detail": check.detail} for name, check in checks.items()}
            answer["subscriptions"] = checks["subscriptions"].facts or []
        headers = JSON if ready else (*JSON, (b"retry-after", b"1"))
        await exchange.answer(200 if ready else 503, f"{json.dumps(answer)}\n".encode(), headers)

    async def metrics(exchange: Exchange) -> None:
        instrumentation = service.application.instrumentation
        if instrumentation is None or instrumentation.metrics is None:
            raise UnknownAddressError("nothing is counted here: switch metrics on (clone_cqrs.instrumentation.instrument)")
        if not is_operator(service, exchange):
            service.bearer_of(exchange)  # who says nothing, or nothing valid, is told so
            raise MessageAuthorizationError(resource="/metrics")
        content_type = instrumentation.metrics.content_type.encode()
        await exchange.answer(200, await instrumentation.metrics.text(), ((b"content-type", content_type),))

    return [
        Route("/metrics", Endpoint(service, metrics, counted=False), methods=["GET"]),
        Route("/healthz", Endpoint(service, healthz, counted=False), methods=["GET"]),
        Route("/readyz", Endpoint(service, readyz, counted=False), methods=["GET"]),
    ]


def is_operator(service: HttpService, exchange: Exchange) -> bool:
    """Whether the caller may see how things are inside: an admin, or a program on this machine.

    Whom a proxy on this machine speaks for is not on this machine: uvicorn takes the proxy's word for who that is, and where it
    did not, the headers are still there.
    """
    if exchange.headers.get(b"authorization") is not None:
        try:
            return ADMIN in service.bearer_of(exchange).roles
        except AuthenticationError:
            return False
    client = exchange.scope.get("client")
    if client is None or b"x-forwarded-for" in exchange.headers or b"forwarded" in exchange.headers:
        return False
    try:
        return ip_address(client[0]).is_loopback
    except ValueError:
        return False
