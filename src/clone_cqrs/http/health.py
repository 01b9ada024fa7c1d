"""/healthz: the process answers. /readyz: it can serve; what is in the way, for those who may know."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute, Route

from clone_cqrs.http.exchange import Exchange
from clone_cqrs.http.service import Endpoint, HttpService


def health_routes(service: HttpService) -> Sequence[BaseRoute]:
    """The routes of both."""

    async def healthz(exchange: Exchange) -> None:
        await exchange.answer(200, b'{"status":"ok"}')

    return [Route("/healthz", Endpoint(service, healthz, counted=False), methods=["GET"])]
