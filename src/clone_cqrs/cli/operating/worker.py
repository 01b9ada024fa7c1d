"""The command `clone-cqrs worker`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import run

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application


def worker(dsn: Dsn = None, app: App = CLONE, as_json: Json = False) -> None:
    """Keep the application's subscriptions and views at work, until SIGTERM or Ctrl-C.

    What is being handled then is finished, its checkpoint stored, and its work given to the other workers. A second Ctrl-C
    does not wait. Logs go to stderr: as text on a terminal, else, and with --json, a line of JSON each. An empty database is
    migrated first.
    """
    run(_work(app, dsn, as_json))


async def _work(app: str, dsn: str | None, as_json: bool) -> None:
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
        instrument(application)
        await migrate_if_empty(application)
        names = [UPKEEP, *(each.name for each in application.subscriptions if each.name is not None)]
        async with until_told_to_stop() as told, application:
            log.info("worker_started", subscriptions=names)
            if as_json:
                print_json({"subscriptions": names})
            await told.wait()
            log.info("worker_stopping")
    log.info("worker_stopped")


def _require_workers(application: Application, app: str) -> None:
    from clone_cqrs.cli.faults import UsageFaultError

    if not application.workers:
        raise UsageFaultError(f"--app: {app} has workers=False; let it be True, or be a function that takes `workers`")
