"""The progress of an import, on a terminal's stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from clone_cqrs.cli.importing.source import Source
from clone_cqrs.cli.importing.tally import Tally


@contextmanager
def shown_progress(screen: Console, source: Source, tally: Tally) -> Iterator[Callable[[], None]]:
    """Show a bar while it is open; call what it gives after every line. Without a terminal: nothing at all."""
    if not screen.is_terminal:
        yield lambda: None
        return
    measured = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn()) if source.size_bytes else ()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), *measured, TextColumn("{task.fields[lines]:,} lines"))
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task(Path(source.name).name, total=source.size_bytes, lines=0)
        yield lambda: progress.update(task, completed=source.consumed_bytes, lines=tally.lines)
