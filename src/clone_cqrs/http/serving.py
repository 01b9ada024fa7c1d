"""run_server: one process that serves an application, on uvicorn and the fastest event loop there is."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn

from clone_cqrs.bootstrap import Application
from clone_cqrs.http.announce import announce
from clone_cqrs.http.app import app_of
from clone_cqrs.http.service import HttpService
from clone_cqrs.http.settings import HttpSettings


def run_server(
    application: Application, *, host: str = "127.0.0.1", port: int = 8000, settings: HttpSettings | None = None
) -> None:
    """`serve`, on an event loop of its own: uvloop's, where it is installed. Returns after SIGINT or SIGTERM.

    Raises: what serve raises.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(application, host=host, port=port, settings=settings))


async def serve(
    application: Application,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    settings: HttpSettings | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Open the application and serve it until SIGINT or SIGTERM; what runs then is finished, and nothing new is taken.

    port: 0 takes any that is free. ready: called with the address once requests are answered; by default it is printed.
    Raises: OSError where the address cannot be used, and what opening the application raises (StorageUnavailableError).
    """
    settings = settings or HttpSettings.from_environment()
    service = HttpService(application, settings)
    with listening(host, port) as opened:
        async with application:
            server = _Server(service)
            announce(settings)
            (ready or _print_address)(_address(opened))
            await server.serve(sockets=[opened])


def listening(host: str, port: int) -> socket.socket:
    """A socket on this address. Raises: OSError with the address in it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}") from error


class _Server(uvicorn.Server):
    """uvicorn, which ends without passing the signal on, and tells the service that it does."""

    def __init__(self, service: HttpService) -> None:
        super().__init__(
            uvicorn.Config(
                app_of(service, opens=False),
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=int(service.settings.shutdown_timeout) or 1,
            )
        )
        self._service = service
        self._loop = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn would raise the signal again at its end, and so end the process before whoever called this has closed what
        # it opened. Second time: Ctrl-C does not wait for what runs.
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._service.stop)


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _print_address(address: str) -> None:
    print(f"serving on {address} (Ctrl-C ends it)", file=sys.stderr, flush=True)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
