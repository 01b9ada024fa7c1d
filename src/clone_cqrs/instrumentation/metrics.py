"""The metrics of one application. Needs the extra `telemetry`: nothing imports this module before metrics are asked for."""

from __future__ import annotations

import asyncio
from threading import Thread
from typing import Final
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest, start_http_server

from clone_cqrs.bootstrap import Application
from clone_cqrs.instrumentation.state import StateCollector
from clone_cqrs.telemetry.meters import Meters


class Metrics:
    """registry: where they are, for those who collect themselves; meters: what is counted as it happens."""

    content_type: Final = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self, application: Application, registry: CollectorRegistry | None) -> None:
        if registry is None:
            registry = CollectorRegistry()
            ProcessCollector(registry=registry)
        self.registry = registry
        self.meters = Meters(registry)
        self._state = StateCollector(application, self.meters.name)
        registry.register(self._state)

    async def text(self) -> bytes:
        """All of them in Prometheus' text format (`content_type`). Asks the database for lags and the like, for 5 s at most."""
        await self._state.read()
        return generate_latest(self.registry)

    def serve(self, port: int, host: str = "127.0.0.1") -> MetricsServer:
        """Serve them at http://host:port/metrics from a thread of its own: for a worker, which has no other server.

        port: 0 takes a free one. Call it in the event loop that the application runs in. Raises: OSError where the port is
        taken.
        """
        server, thread = start_http_server(port, host, self.registry)
        self._state.asks_in = asyncio.get_running_loop()
        return MetricsServer(server, thread, self._state)


class MetricsServer:
    """port: where it listens; `close` ends it."""

    def __init__(self, server: WSGIServer, thread: Thread, state: StateCollector) -> None:
        self.port: int = server.server_port
        self._server = server
        self._thread = thread
        self._state = state

    async def close(self) -> None:
        """End it, after the request that it may have in hand."""
        await asyncio.to_thread(self._close)
        self._state.asks_in = None

    def _close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
