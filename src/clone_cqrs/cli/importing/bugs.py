"""A handler that fails in a way it should not: the line is refused, the others go on, and a developer can see where it was."""

from __future__ import annotations

import traceback

from rich.console import Console

BUG = "internal_error"
"""Its code among the refusals."""


class BugReport:
    """Tells the first bug of an import on a screen: the stack, without the error's own text, which may quote a value."""

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._told = False

    def __call__(self, number: int, bug: Exception) -> None:
        if self._told:
            return
        self._told = True
        stack = "".join(traceback.format_tb(bug.__traceback__))
        self._screen.print(f"line {number}: {type(bug).__name__}, raised in\n{stack}", markup=False, soft_wrap=True, end="")
