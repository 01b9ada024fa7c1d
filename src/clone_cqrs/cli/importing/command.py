"""The command `clone-cqrs import`."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clone_cqrs.cli.faults import ExitCode, FaultError, InterruptedFaultError, UsageFaultError, sentence_of
from clone_cqrs.cli.importing.bugs import BUG, BugReport
from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import fail, run
from clone_cqrs.cli.screens import message_screen

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application
    from clone_cqrs.cli.importing.rejects import Rejects
    from clone_cqrs.cli.importing.source import Source
    from clone_cqrs.cli.importing.tally import Tally


def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Commands in wire form, one JSON object a line; - is stdin.")],
    rejects: Annotated[
        Path | None,
        typer.Option("--rejects", metavar="FILE", help="Write a JSON line for every refused line: its number, code, and why."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if any line was refused.")] = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Execute the commands of a file, one after another, each as the actor that it names.

    An empty database is migrated first. A line that is refused, or is no command at all, does not stop the others; blank lines
    count for nothing. At the end the views are refreshed.

    Run again, what was executed is replayed, not repeated: a line's `commandId` makes it so, and a line without one is a new
    command every time.
    """
    tally = run(_import(_Call(file, rejects, dsn, app, as_json)))
    bugs = tally.rejected[BUG]
    if bugs:
        fail(f"{bugs:,} lines were refused as {BUG}: their handlers failed in a way that only a developer can mend")
    if strict and tally.rejected:
        raise typer.Exit(ExitCode.FAILED)


@dataclass(frozen=True)
class _Call:
    file: str
    rejects: Path | None
    dsn: str | None
    app: str
    as_json: bool


async def _import(call: _Call) -> Tally:
    # What only the work needs is loaded here: `--help` should not wait for it.
    from clone_cqrs.cli.application import migrate_if_empty, opened_database
    from clone_cqrs.cli.importing.outcomes import show_outcomes
    from clone_cqrs.cli.importing.rejects import Rejects
    from clone_cqrs.cli.importing.source import Source
    from clone_cqrs.cli.importing.tally import Tally

    tally = Tally()
    with Source(call.file) as source, Rejects(call.rejects, not_this=source.status) as rejects:
        # No workers: one refresh at the end does the work of a refresh after every event.
        async with opened_database(call.app, call.dsn, workers=False) as application:
            await migrate_if_empty(application)
            async with application:
                began = time.monotonic()
                await _execute(application, source, rejects, tally)
                seconds = time.monotonic() - began
                try:
                    await _refresh(application)
                finally:
                    show_outcomes(tally, seconds=seconds, rejects=call.rejects, as_json=call.as_json)
    return tally


async def _execute(application: Application, source: Source, rejects: Rejects, tally: Tally) -> None:
    from clone_cqrs.cli.importing.lines import read_lines
    from clone_cqrs.cli.importing.progress import shown_progress
    from clone_cqrs.cli.importing.run import import_lines
    from clone_cqrs.messages.wire import MAX_BYTES

    screen = message_screen()
    on_bug = BugReport(screen)
    lines = read_lines(source.chunks(), limit_bytes=MAX_BYTES)
    try:
        with shown_progress(screen, source, tally) as advance:
            await import_lines(application.commands, lines, tally, on_refused=rejects.add, on_bug=on_bug, on_line=advance)
    except asyncio.CancelledError:
        raise InterruptedFaultError(f"interrupted; {_until_then(tally)}") from None
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None or isinstance(error, UsageFaultError):
            raise
        raise FaultError(f"{sentence}; {_until_then(tally)}") from error


async def _refresh(application: Application) -> None:
    try:
        await application.refresh_views()
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        raise FaultError(f"everything is imported, but the views are as they were: {sentence}") from error


def _until_then(tally: Tally) -> str:
    return f"what {tally.done:,} lines did until then stays: run the same import again to go on"
