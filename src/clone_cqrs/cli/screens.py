"""Where the command line writes: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import typer
from rich.console import Console

from clone_cqrs.cli.faults import ExitCode

_WIDTH_WITHOUT_TERMINAL = 100


def result_screen() -> Console:
    """For what was asked for. Without a terminal: plain text, wide enough not to be cut."""
    return _console(stderr=False)


def message_screen() -> Console:
    """For progress and errors, so that stdout can be piped."""
    return _console(stderr=True)


def print_json(value: Any) -> None:
    """One line of JSON on stdout."""
    print_text(json.dumps(value))


def print_pretty(value: Any) -> None:
    """JSON for people, on stdout."""
    print_text(json.dumps(value, indent=2, ensure_ascii=False))


def print_text(text: str) -> None:
    """One line on stdout, at once, so that whoever reads a pipe need not wait for more.

    Raises: typer.Exit where nobody reads any more, as with `| head`.
    """
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would try to write what is left once more when it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(ExitCode.UNREAD) from None


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    fixed = None if stream.isatty() or "COLUMNS" in os.environ else _WIDTH_WITHOUT_TERMINAL
    return Console(stderr=stderr, width=fixed, highlight=False, emoji=False)
