"""What the endpoints of one application share in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.types import Receive, Scope, Send

from clone_cqrs.bootstrap import Application
from clone_cqrs.errors import CqrsError, InternalError
from clone_cqrs.http.bearer_tokens import Bearer, TokenVerifier
from clone_cqrs.http.errors import ShuttingDownError, TooManyRequestsError
from clone_cqrs.http.exchange import ClientGoneError, Exchange
from clone_cqrs.http.settings import HttpSettings
from clone_cqrs.telemetry import bound, get_logger

_log = get_logger(__name__)


class HttpService:
    """One application served. running: how many requests are in hand; stopping: set once nothing new is taken."""

    def __init__(self, application: Application, settings: HttpSettings) -> None:
        self.application = application
        self.settings = settings
        self.stopping = asyncio.Event()
        self.running = 0
        self._verifier = TokenVerifier(settings)
        self._stop_listeners: list[Callable[[], None]] = []

    def bearer_of(self, exchange: Exchange) -> Bearer:
        """Who calls. Raises: AuthenticationError."""
        return self._verifier.bearer_of(exchange.header(b"authorization"))

    def on_stop(self, listener: Callable[[], None]) -> None:
        """Call `listener()` when nothing new is taken any more."""
        self._stop_listeners.append(listener)

    def stop(self) -> None:
        """Finish what runs, and take nothing new."""
        self.stopping.set()
        for listener in self._stop_listeners:
            listener()


class Endpoint:
    """An ASGI application around `answer`: everything it raises becomes a problem document.

    counted: whether it is refused while the server is as busy as it may be, or is shutting down.
    """

    def __init__(self, service: HttpService, answer: Callable[[Exchange], Awaitable[None]], *, counted: bool = True) -> None:
        self._service = service
        self._answer = answer
        self._counted = counted
        self.__name__ = getattr(answer, "__name__", type(answer).__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        # Whatever wraps a request belongs here: the id that its log lines, its events and its spans bear.
        with bound(correlation_id=exchange.given_correlation_id()) as exchange.correlation_id:
            instrumentation = self._service.application.instrumentation
            if instrumentation is None:
                await self._taken(exchange)
                return
            with instrumentation.request(scope) as request:
                try:
                    await self._taken(exchange)
                finally:
                    request.status = exchange.status

    async def _taken(self, exchange: Exchange) -> None:
        if not self._counted:
            await self._answered(exchange)
            return
        service = self._service
        if service.stopping.is_set():
            await exchange.refuse(ShuttingDownError("the server is shutting down: try another one, or again soon"))
            return
        if service.running >= service.settings.max_concurrent_requests:
            await exchange.refuse(TooManyRequestsError("the server has as many requests in hand as it takes"))
            return
        service.running += 1
        try:
            await self._answered(exchange)
        finally:
            service.running -= 1

    async def _answered(self, exchange: Exchange) -> None:
        try:
            await self._answer(exchange)
        except ClientGoneError:
            return
        except Exception as error:
            if exchange.started:
                _tell(exchange, error)
                raise
            await refuse(exchange, error)


async def refuse(exchange: Exchange, error: Exception, **more: Any) -> None:
    """Answer an error's problem document, with these further members; a fault is also logged."""
    if not isinstance(error, CqrsError) or error.http_status is None:
        _tell(exchange, error)
        error = InternalError()
    elif not error.answered and error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _tell(exchange, error)
    await exchange.refuse(error, **more)


def _tell(exchange: Exchange, error: Exception) -> None:
    address = exchange.scope["path"]
    if isinstance(error, CqrsError) and error.http_status is not None:
        _log.warning("request_failed", address=address, error=error.code, reason=str(error))
    else:
        _log.error("request_failed", address=address, error=type(error).__name__, exc_info=error)
