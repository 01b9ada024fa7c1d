"""Where the command line writes: results to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys

from rich.console import Console

_WIDTH_WITHOUT_TERMINAL = 100


def result_screen() -> Console:
    """For what was asked for. Without a terminal: plain text, wide enough not to be cut."""
    return _console(stderr=False)


def message_screen() -> Console:
    """For progress and errors, so that stdout can be piped."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    fixed = None if stream.isatty() or "COLUMNS" in os.environ else _WIDTH_WITHOUT_TERMINAL
    return Console(stderr=stderr, width=fixed, highlight=False, emoji=False)
