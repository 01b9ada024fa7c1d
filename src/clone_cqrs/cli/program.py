"""The program: its commands, and what holds for all of them."""

from __future__ import annotations

import io
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from clone_cqrs.cli.dead_letters.program import dead_letters
from clone_cqrs.cli.demo.command import demo
from clone_cqrs.cli.events.program import events
from clone_cqrs.cli.importing.command import import_
from clone_cqrs.cli.messages.execute import execute
from clone_cqrs.cli.messages.query import query
from clone_cqrs.cli.migrate import migrate
from clone_cqrs.cli.operating.check import check
from clone_cqrs.cli.operating.doctor import doctor
from clone_cqrs.cli.operating.serve import serve, token
from clone_cqrs.cli.operating.status import status
from clone_cqrs.cli.operating.subscriptions import subscriptions
from clone_cqrs.cli.operating.worker import worker
from clone_cqrs.cli.views.program import views

EPILOG = (
    "Exit codes: 0 done, 1 it could not be done (or not all of it), 2 the call was wrong, 3 the application refused, "
    "130 interrupted."
)

program = typer.Typer(
    name="clone-cqrs",
    help="CQRS on PostgreSQL: commands in, fresh views out.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    # A traceback of ours shows no values of variables: one of them could be a password.
    pretty_exceptions_enable=False,
)
_TRY, _USE, _RUN, _WATCH = "To try it", "To use it", "To run it", "To look after it"
for _panel, _name, _command in (
    (_TRY, "demo", demo),
    (_USE, "execute", execute),
    (_USE, "query", query),
    (_USE, "import", import_),
    (_RUN, "migrate", migrate),
    (_RUN, "check", check),
    (_RUN, "serve", serve),
    (_RUN, "worker", worker),
    (_RUN, "token", token),
    (_WATCH, "status", status),
    (_WATCH, "doctor", doctor),
):
    program.command(_name, epilog=EPILOG, rich_help_panel=_panel)(_command)
program.add_typer(events, name="events", rich_help_panel=_WATCH)
program.add_typer(dead_letters, name="dead-letters", rich_help_panel=_WATCH)
program.add_typer(subscriptions, name="subscriptions", rich_help_panel=_WATCH)
program.add_typer(views, name="views", rich_help_panel=_WATCH)


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    try:
        found = version("clone-cqrs")
    except PackageNotFoundError:
        found = "(not installed)"
    typer.echo(f"clone-cqrs {found}")
    raise typer.Exit


@program.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    # What is here runs before every command; there is nothing to do yet.
    pass


def main() -> None:
    """The entry point of `clone-cqrs`; ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or a file of another encoding gets a question mark for what it cannot show, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    program(prog_name="clone-cqrs")
