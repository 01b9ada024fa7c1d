"""The commands `clone-cqrs views ...`."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from clone_cqrs.cli.faults import ExitCode
from clone_cqrs.cli.options import CLONE, App, Dsn, Json, Unmasked
from clone_cqrs.cli.running import run

views = typer.Typer(no_args_is_help=True, help="The materialized views of an application.")

_Names: TypeAlias = Annotated[list[str] | None, typer.Argument(metavar="[VIEW]...", help="Only these. Default: all.")]


@views.command("list")
def list_(names: _Names = None, dsn: Dsn = None, app: App = CLONE, as_json: Json = False) -> None:
    """How views are: rows, room, whether they are fresh, changes that are kept, when they were filled, why they wait."""
    from clone_cqrs.cli.views.listing import list_views

    run(list_views(tuple(names or ()), app, dsn, as_json))


@views.command()
def refresh(names: _Names = None, dsn: Dsn = None, app: App = CLONE, as_json: Json = False) -> None:
    """Refresh views now, one after another, without locking out their readers."""
    from clone_cqrs.cli.views.refreshing import refresh_views

    run(refresh_views(tuple(names or ()), app, dsn, as_json))


@views.command()
def verify(
    names: _Names = None,
    sample: Annotated[
        int, typer.Option("--sample", metavar="ROWS", min=1, help="Compare about so many rows of each view, taken at random.")
    ] = 1_000,
    whole: Annotated[bool, typer.Option("--whole", help="Compare all rows.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Note rows that differ as changed, so that they are computed from now on.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="The longest that a statement may run.")
    ] = 30.0,
    unmasked: Unmasked = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Compare fresh readings with their definitions; exit with 1 if they differ, repaired or not.

    It may run against a database in production: it only reads (but for --repair), takes no locks that anybody waits for, and
    compares a range of keys at a time, each in a short transaction of its own. Values of columns that bear the name of a
    secret or personal field of a message are not shown.
    """
    from clone_cqrs.cli.views.verifying import Asked, verify_views

    asked = Asked(tuple(names or ()), None if whole else sample, repair, timeout, unmasked)
    if not run(verify_views(asked, app, dsn, as_json)):
        raise typer.Exit(ExitCode.FAILED)
