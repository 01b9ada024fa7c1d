"""The commands `clone-cqrs events ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from clone_cqrs.cli.options import CLONE, App, Dsn, Json, Unmasked
from clone_cqrs.cli.running import run

events = typer.Typer(no_args_is_help=True, help="The event log.")


@events.command()
def tail(
    types: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", show_default=False, help="Only this type; may be repeated, and hold * and ?."),
    ] = None,
    aggregate: Annotated[
        str | None, typer.Option("--aggregate", metavar="ID", show_default=False, help="Only of this aggregate.")
    ] = None,
    first: Annotated[
        int | None, typer.Option("--from", metavar="POSITION", min=1, show_default=False, help="Begin at this position.")
    ] = None,
    last: Annotated[
        int, typer.Option("--last", "-n", metavar="POSITIONS", min=0, help="Begin so many positions before the end.")
    ] = 10,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Wait for more, until Ctrl-C; or end where the log does.")
    ] = True,
    unmasked: Unmasked = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Print events as they are committed, in order of position, none skipped; with --json a line of JSON each."""
    from clone_cqrs.cli.events.tailing import Choice, tail_events

    run(tail_events(Choice(tuple(types or ()), aggregate, first, last), follow, unmasked, app, dsn, as_json))


@events.command()
def show(
    position: Annotated[int, typer.Argument(metavar="POSITION", min=1)],
    unmasked: Unmasked = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Print one event, whole."""
    run(_show(position, unmasked, app, dsn, as_json))


@events.command()
def replay(
    subscription: Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Whose handlers: one of the application's.")],
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            show_default=False,
            help="Of the fresh subscription that goes through the range. Default: SUBSCRIPTION-replay.",
        ),
    ] = None,
    first: Annotated[int, typer.Option("--from", metavar="POSITION", min=1, help="The first position of the range.")] = 1,
    until: Annotated[
        int | None,
        typer.Option(
            "--until", metavar="POSITION", min=1, show_default=False, help="Its last one. Default: the end of the log."
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the fresh subscription: an EventSubscriber of its NAME goes on from there.")
    ] = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Hand a range of the log to the handlers of a subscription once more, through a fresh subscription.

    Dead letters stay under its NAME.
    """
    from clone_cqrs.cli.events.replaying import Range, replay_events

    run(replay_events(subscription, name or f"{subscription}-replay", Range(first, until), keep, app, dsn, as_json))


async def _show(position: int, unmasked: bool, app: str, dsn: str | None, as_json: bool) -> None:
    from clone_cqrs.cli.application import operated_application
    from clone_cqrs.cli.events.told import told_event
    from clone_cqrs.cli.screens import print_json, print_pretty
    from clone_cqrs.events import EventLog

    async with operated_application(app, dsn) as application:
        told = told_event(await EventLog(application.database).event(position), unmasked=unmasked)
    (print_json if as_json else print_pretty)(told)
