"""What a verification found, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clone_cqrs.views import ColumnDifference, RowDifference, Verification
from clone_cqrs.views.verification.batches import HIDDEN

_SIDES = {"differs": "", "lacks": "the reading lacks the row", "has": "the definition lacks the row"}
_LONGEST = 60


def show_verification(screen: Console, verification: Verification) -> None:
    """One line, and under it the rows that differ, column by column."""
    which = "rows" if verification.whole else "rows of a sample"
    took = f"({verification.seconds:.1f} s)"
    if verification.passed:
        lists = f", and the first pages of {verification.lists:,} lists," if verification.lists else ""
        screen.print(
            f"{verification.view}: {verification.rows:,} {which}{lists} are as its definition says {took}", soft_wrap=True
        )
        return
    noted = f"; {verification.noted:,} keys noted as changed" if verification.noted else ""
    counted = f"[bold red]{verification.different:,} of {verification.rows:,} {which} differ from its definition[/]"
    screen.print(f"{verification.view}: {counted}{noted} {took}", soft_wrap=True)
    screen.print(_table(verification.differences))
    more = verification.different - len(verification.differences)
    if more > 0:
        screen.print(f"[dim]and {more:,} more[/]")


def _table(differences: tuple[RowDifference, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("key", "column", "fresh reading", "definition"):
        table.add_column(heading, overflow="fold")
    for row in differences:
        key = Text(", ".join(row.key))
        if row.side != "differs":
            table.add_row(key, Text(_SIDES[row.side], "italic"))
            continue
        for column in row.columns:
            table.add_row(key, Text(column.column), _value(column, column.fresh), _value(column, column.definition))
            key = Text()
    return table


def _value(column: ColumnDifference, value: str | None) -> Text:
    if column.hidden:
        return Text(HIDDEN, "dim")
    if value is None:
        return Text("null", "dim")
    return Text(value if len(value) <= _LONGEST else value[: _LONGEST - 3] + "...")
