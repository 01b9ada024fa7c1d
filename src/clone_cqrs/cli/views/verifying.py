"""`views verify`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from clone_cqrs.cli.application import operated_application
from clone_cqrs.cli.faults import FaultError, UsageFaultError
from clone_cqrs.cli.plain import plain
from clone_cqrs.cli.screens import message_screen, print_json, result_screen
from clone_cqrs.cli.views.chosen import chosen_views
from clone_cqrs.cli.views.differences import show_verification
from clone_cqrs.cli.views.personal import personal_names
from clone_cqrs.postgres import Database
from clone_cqrs.views import MaterializedView, Verification, verify_view


@dataclass(frozen=True)
class Asked:
    """names: of views, all without any; sample: rows of each, None for all."""

    names: tuple[str, ...]
    sample: int | None
    repair: bool
    timeout: float
    unmasked: bool


async def verify_views(asked: Asked, app: str, dsn: str | None, as_json: bool) -> bool:
    """Compare them one after another, and print what was found; returns whether nothing differs."""
    done: list[Verification] = []
    async with operated_application(app, dsn) as application:
        hidden = frozenset[str]() if asked.unmasked else personal_names(application)
        for view in _fresh(chosen_views(application, asked.names), asked):
            with _shown_progress(message_screen(), view.name) as progress:
                verification = await _verify(application.database, view, asked, hidden, progress)
            done.append(verification)
            if not as_json:
                show_verification(result_screen(), verification)
    if as_json:
        print_json([plain(verification) for verification in done])
    return all(verification.passed for verification in done)


def _fresh(views: list[MaterializedView], asked: Asked) -> list[MaterializedView]:
    plain_ones = [view.name for view in views if not view.changes]
    if asked.names and plain_ones:
        raise UsageFaultError(f"{plain_ones[0]} has no fresh reading: it is as old as its last refresh, and nothing to compare")
    if plain_ones:
        message_screen().print(f"without a fresh reading, and not compared: {', '.join(plain_ones)}", soft_wrap=True)
    return [view for view in views if view.changes]


async def _verify(
    database: Database, view: MaterializedView, asked: Asked, hidden: frozenset[str], progress: Callable[[int, int], None]
) -> Verification:
    try:
        return await verify_view(
            database,
            view,
            sample=asked.sample,
            repair=asked.repair,
            hidden=hidden,
            statement_timeout=asked.timeout,
            progress=progress,
        )
    except LookupError as error:
        raise FaultError(f"{error.args[0]}: run `clone-cqrs migrate`") from error
    except asyncpg.ObjectNotInPrerequisiteStateError as error:
        raise FaultError(f"{view.name} has never been filled: run `clone-cqrs views refresh {view.name}`") from error
    except asyncpg.QueryCanceledError as error:
        raise FaultError(
            f"a row of {view.name} takes more than {asked.timeout:g} s to be compared: give it more with --timeout"
        ) from error
    except asyncpg.LockNotAvailableError as error:
        raise FaultError(f"{view.name}, or a table of it, is locked against all reading: try again later") from error


@contextmanager
def _shown_progress(screen: Console, name: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar while it is open; what it gives takes the rows compared, and how many there will be. On a terminal alone."""
    if not screen.is_terminal:
        yield lambda _rows, _expected: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.completed:,} rows"), console=screen, transient=True) as progress:
        task = progress.add_task(name, total=None)
        yield lambda rows, expected: progress.update(task, completed=rows, total=expected)
