"""What a run says: a table on the terminal, the same as Markdown, all figures as JSON, and a picture where one helps."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Spread


@dataclass(frozen=True)
class Line:
    """One contender. cells: text by column; figures: the numbers behind them, for JSON."""

    name: str
    cells: Sequence[str]
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """One table. columns: the headings after the name; note: what was held equal, and what was not."""

    title: str
    columns: Sequence[str]
    lines: Sequence[Line]
    note: str = ""

    def show(self, console: Console) -> None:
        table = Table(title=self.title, title_justify="left", caption=self.note or None, caption_justify="left")
        table.add_column("")
        for column in self.columns:
            table.add_column(column, justify="right")
        for line in self.lines:
            table.add_row(line.name, *line.cells)
        console.print(table)

    def markdown(self) -> str:
        rows = [
            f"| {self.title} | " + " | ".join(self.columns) + " |",
            "|---|" + "---:|" * len(self.columns),
            *("| " + " | ".join(cell.replace("|", r"\|") for cell in (line.name, *line.cells)) + " |" for line in self.lines),
        ]
        return "\n".join(rows) + (f"\n\n{self.note}" if self.note else "") + "\n"

    def as_json(self) -> dict[str, Any]:
        return {"title": self.title, "note": self.note, "lines": {line.name: line.figures for line in self.lines}}


@dataclass(frozen=True)
class Picture:
    """A drawing beside the tables. name: of its file, in the page's folder; alt: what it shows, in words."""

    name: str
    alt: str
    svg: str

    def show(self, console: Console) -> None:
        """A terminal shows none."""

    def markdown(self) -> str:
        return f"![{self.alt}]({self.name})\n"

    def as_json(self) -> dict[str, Any]:
        return {"title": self.alt, "note": self.name, "lines": {}}


Shown: TypeAlias = Report | Picture


def spread_cells(spread: Spread, digits: int) -> str:
    """ "median (quartile to quartile)"."""
    return f"{spread.median:,.{digits}f} ({spread.low:,.{digits}f} to {spread.high:,.{digits}f})"


def to_json(value: Any) -> str:
    """Pretty JSON of figures, spreads included."""
    return json.dumps(value, indent=2, default=dataclasses.asdict) + "\n"
