"""What the demo shows: parts, each with a heading, the time it took, and something to look at."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text


class Part:
    """One part while it runs. What is shown in it comes after its heading."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._shown: list[RenderableType] = []

    def show(self, *things: RenderableType) -> None:
        """Text is markup."""
        self._shown.extend(things)

    def contents(self) -> RenderableType:
        """Everything shown, in order."""
        return Group(*self._shown)


class Stage:
    """Parts on a screen, one after another. parts: by title, those that are over."""

    def __init__(self, screen: Console) -> None:
        self.screen = screen
        self.parts: dict[str, Part] = {}

    @contextmanager
    def part(self, title: str, *, spinner: bool = True) -> Iterator[Part]:
        """A part. While it runs, a terminal shows that something does; when it is over, heading, time and contents."""
        part = Part()
        began = time.monotonic()
        if spinner and self.screen.is_terminal:
            with self.screen.status(title):
                yield part
        else:
            yield part
        part.seconds = time.monotonic() - began
        self.parts[title] = part
        self.screen.print(self._heading(len(self.parts), title, part.seconds))
        self.screen.print(Padding(part.contents(), (0, 0, 1, 3)))

    def _heading(self, number: int, title: str, seconds: float) -> RenderableType:
        heading = Table.grid(expand=True)
        heading.add_column()
        heading.add_column(justify="right")
        heading.add_row(Text.assemble((f"{number}  ", "bold cyan"), (title, "bold")), Text(f"{seconds:.2f} s", "dim"))
        return heading

    @property
    def seconds(self) -> float:
        """Of all parts together."""
        return sum(part.seconds for part in self.parts.values())
