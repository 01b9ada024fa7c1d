"""The command `clone-cqrs status`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import run
from clone_cqrs.cli.screens import print_json, result_screen

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application


def status(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Again and again, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option("--every", metavar="SECONDS", min=0.1, help="How often, with --watch.")] = 1.0,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """How it is: the log, every subscription with its lag and why it stands, its workers, the views."""
    run(_status(every if watch else None, app, dsn, as_json))


async def _status(every: float | None, app: str, dsn: str | None, as_json: bool) -> None:
    from clone_cqrs.cli.application import operated_application
    from clone_cqrs.cli.operating.status_screen import status_screen
    from clone_cqrs.cli.plain import plain
    from clone_cqrs.inspection import status

    async with operated_application(app, dsn) as application:
        if every is not None and not as_json and result_screen().is_terminal:
            await _watch(application, every)
            return
        while True:
            found = await status(application)
            if as_json:
                print_json(plain(found))
            else:
                result_screen().print(status_screen(found))
            if every is None:
                return
            await asyncio.sleep(every)


async def _watch(application: Application, every: float) -> None:
    """On a terminal: in one place."""
    from rich.live import Live

    from clone_cqrs.cli.operating.status_screen import status_screen
    from clone_cqrs.inspection import status

    screen = result_screen()
    with Live(status_screen(await status(application)), console=screen, auto_refresh=False) as live:
        while True:
            await asyncio.sleep(every)
            live.update(status_screen(await status(application)), refresh=True)
