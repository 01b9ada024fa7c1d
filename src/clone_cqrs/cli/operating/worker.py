"""The command `clone-cqrs worker`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import run

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application
    from clone_cqrs.instrumentation import Instrumentation


def worker(
    metrics_port: Annotated[
        int | None,
        typer.Option(
            "--metrics-port",
            metavar="PORT",
            min=0,
            max=65535,
            help="Serve Prometheus metrics there; 0 takes any that is free.",
            show_default=False,
        ),
    ] = None,
    metrics_host: Annotated[str, typer.Option("--metrics-host", metavar="ADDRESS", help="Where to.")] = "127.0.0.1",
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Keep the application's subscriptions and views at work, until SIGTERM or Ctrl-C.

    What is being handled then is finished, its checkpoint stored, and its work given to the other workers. A second Ctrl-C
    does not wait. Logs go to stderr: as text on a terminal, else, and with --json, a line of JSON each. An empty database is
    migrated first.
    """
    run(_work(app, dsn, as_json, metrics_host, metrics_port))


async def _work(app: str, dsn: str | None, as_json: bool, metrics_host: str, metrics_port: int | None) -> None:
    from clone_cqrs.bootstrap import UPKEEP
    from clone_cqrs.cli.application import migrate_if_empty, opened_database
    from clone_cqrs.cli.operating.logs import log_to_stderr
    from clone_cqrs.cli.operating.signals import until_told_to_stop
    from clone_cqrs.cli.screens import print_json
    from clone_cqrs.instrumentation import instrument
    from clone_cqrs.telemetry import get_logger

    log_to_stderr(as_json=as_json)
    log = get_logger("clone_cqrs.worker")
    async with opened_database(app, dsn, workers=True) as application:
        _require_workers(application, app)
        instrumentation = instrument(application)
        await migrate_if_empty(application)
        names = [UPKEEP, *(each.name for each in application.subscriptions if each.name is not None)]
        async with (
            until_told_to_stop() as told,
            application,
            _metrics(instrumentation, metrics_host, metrics_port) as metrics,
        ):
            log.info("worker_started", subscriptions=names, **metrics)
            if as_json:
                print_json({"subscriptions": names, **metrics})
            await told.wait()
            log.info("worker_stopping")
    log.info("worker_stopped")


@asynccontextmanager
async def _metrics(instrumentation: Instrumentation, host: str, port: int | None) -> AsyncIterator[dict[str, str]]:
    """Serve them, where a port is given; yields their address under "metrics"."""
    from clone_cqrs.cli.faults import FaultError

    if port is None:
        yield {}
        return
    if instrumentation.metrics is None:
        raise FaultError("--metrics-port needs the extra `telemetry`: pip install 'clone-cqrs[telemetry]'")
    try:
        server = instrumentation.metrics.serve(port, host)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise FaultError(f"cannot listen on {host}:{port}: {why}: --metrics-port and --metrics-host name another") from error
    try:
        yield {"metrics": f"http://{host}:{server.port}/metrics"}
    finally:
        await server.close()


def _require_workers(application: Application, app: str) -> None:
    from clone_cqrs.cli.faults import UsageFaultError

    if not application.workers:
        raise UsageFaultError(f"--app: {app} has workers=False; let it be True, or be a function that takes `workers`")
