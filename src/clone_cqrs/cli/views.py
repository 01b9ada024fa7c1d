"""The commands `clone-cqrs views ...`."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated

import typer

from clone_cqrs.cli.faults import UsageFaultError
from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import run
from clone_cqrs.cli.screens import message_screen, result_screen

views = typer.Typer(no_args_is_help=True, help="The materialized views of an application.")


@views.command()
def refresh(
    names: Annotated[list[str] | None, typer.Argument(metavar="[VIEW]...", help="Only these. Default: all.")] = None,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Refresh views now, one after another, without locking out their readers."""
    seconds = run(_refresh(tuple(names or ()), app, dsn))
    if as_json:
        sys.stdout.write(json.dumps({name: round(taken, 3) for name, taken in seconds.items()}) + "\n")
        return
    for name, taken in seconds.items():
        result_screen().print(f"{name}: refreshed in {taken:.2f} s")


async def _refresh(names: tuple[str, ...], app: str, dsn: str | None) -> dict[str, float]:
    """By view: the seconds it took."""
    from clone_cqrs.cli.application import opened_database
    from clone_cqrs.views import refresh_view

    seconds = {}
    async with opened_database(app, dsn, workers=False) as application:
        known = [view.name for view in application.views]
        strange = [name for name in names if name not in known]
        if strange:
            raise UsageFaultError(f"there is no view {strange[0]!r}; there are {', '.join(known) or 'none'}")
        with message_screen().status("") as status:
            for name in names or known:
                status.update(f"refreshing {name}")
                began = time.monotonic()
                await refresh_view(application.database, name)
                seconds[name] = time.monotonic() - began
    return seconds
