"""The commands `clone-cqrs dead-letters ...`."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from clone_cqrs.cli.dead_letters.filters import Filter
from clone_cqrs.cli.options import CLONE, App, Dsn, Json, Unmasked
from clone_cqrs.cli.running import run

dead_letters = typer.Typer(no_args_is_help=True, help="Events that a subscription's handler could not handle.")

_Subscription: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="[SUBSCRIPTION]", show_default=False, help="Only of this subscription.")
]
_Position: TypeAlias = Annotated[
    int | None, typer.Argument(metavar="[POSITION]", show_default=False, min=1, help="Only the event at this position.")
]
_Type: TypeAlias = Annotated[
    str | None, typer.Option("--type", metavar="TYPE", show_default=False, help="Only events of this type.")
]
_Aggregate: TypeAlias = Annotated[
    str | None, typer.Option("--aggregate", metavar="ID", show_default=False, help="Only of this aggregate.")
]
_All: TypeAlias = Annotated[bool, typer.Option("--all", help="All of them: needed where nothing else says which.")]
_DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Only tell which it would be.")]
_Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@dead_letters.command("list")
def list_(
    subscription: _Subscription = None,
    event_type: _Type = None,
    aggregate: _Aggregate = None,
    retrying: Annotated[bool, typer.Option("--retrying", help="Also what is still being tried.")] = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """The dead letters, in order of subscription and position."""
    from clone_cqrs.cli.dead_letters.looking import list_letters

    run(list_letters(Filter(subscription, None, event_type, aggregate), retrying, app, dsn, as_json))


@dead_letters.command()
def show(
    subscription: Annotated[str, typer.Argument(metavar="SUBSCRIPTION")],
    position: Annotated[int, typer.Argument(metavar="POSITION", min=1)],
    unmasked: Unmasked = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """One of them, dead or still being tried: the event, what its handler said, and where."""
    from clone_cqrs.cli.dead_letters.looking import show_letter

    run(show_letter(subscription, position, unmasked, app, dsn, as_json))


@dead_letters.command()
def retry(
    subscription: _Subscription = None,
    position: _Position = None,
    event_type: _Type = None,
    aggregate: _Aggregate = None,
    everything: _All = False,
    dry_run: _DryRun = False,
    yes: _Yes = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Have dead letters handled again, with all attempts anew, by whoever works on their subscription."""
    from clone_cqrs.cli.dead_letters.deciding import decide

    chosen = Filter(subscription, position, event_type, aggregate, everything)
    run(decide("retry", chosen, dry_run, yes, app, dsn, as_json))


@dead_letters.command()
def discard(
    subscription: _Subscription = None,
    position: _Position = None,
    event_type: _Type = None,
    aggregate: _Aggregate = None,
    everything: _All = False,
    dry_run: _DryRun = False,
    yes: _Yes = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Give dead letters up: their subscription goes on with what comes after them. The log keeps the events."""
    from clone_cqrs.cli.dead_letters.deciding import decide

    chosen = Filter(subscription, position, event_type, aggregate, everything)
    run(decide("discard", chosen, dry_run, yes, app, dsn, as_json))
