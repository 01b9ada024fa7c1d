"""Rows and answers, drawn."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_NUMBERS = (int, float, Decimal)


class Row(Protocol):
    """A row of the database: a Mapping in all but name."""

    def __getitem__(self, column: str, /) -> Any: ...


def row_sheet(title: str, row: Row, columns: Iterable[str]) -> RenderableType:
    """One row, a line for each of its columns."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for column in columns:
        grid.add_row(column, Text(shown(row[column])))
    return Group(Text(title, "underline"), grid)


def side_by_side(left: RenderableType, right: RenderableType) -> Table:
    """Two sheets beside each other."""
    grid = Table.grid(padding=(0, 3))
    grid.add_row(left, right)
    return grid


def rows_table(title: str, rows: Sequence[Row], headings: Mapping[str, str]) -> Table:
    """Rows of a view; headings: by column, in order."""
    table = Table(title=title, title_justify="left", title_style="underline", box=None, header_style="dim", pad_edge=False)
    for column, heading in headings.items():
        numeric = any(isinstance(row[column], _NUMBERS) for row in rows)
        table.add_column(heading, justify="right" if numeric else "left", overflow="ellipsis", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(shown(row[column])) for column in headings))
    if not rows:
        table.add_row(Text("none", "dim"))
    return table


def shown(value: Any) -> str:
    """A value of a column, for people."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Decimal):
        return f"{value:,}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(value) or "-"
    if isinstance(value, str) and value.startswith("{"):
        model = json.loads(value)  # a json column: an active model
        return ", ".join(str(model[key]) for key in ("provider", "quality_score") if key in model)
    return str(value)
