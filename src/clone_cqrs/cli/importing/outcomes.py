"""The outcomes of an import, as a table or as JSON."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from clone_cqrs.cli.importing.tally import Tally
from clone_cqrs.cli.screens import print_json, result_screen


def show_outcomes(tally: Tally, *, seconds: float, rejects: Path | None, as_json: bool) -> None:
    """Print the outcomes on stdout."""
    if as_json:
        print_json(tally.as_json())
        return
    screen = result_screen()
    screen.print(outcome_table(tally))
    rate = f", {tally.lines / seconds:,.0f} a second" if seconds > 1 else ""
    screen.print(f"{tally.lines:,} lines in {seconds:.1f} s{rate}")
    if tally.rejected:
        where = str(rejects) if rejects is not None else "--rejects FILE writes them down"
        screen.print(f"What is wrong with each refused line: {where}", markup=False)


def outcome_table(tally: Tally) -> Table:
    """One row for each outcome, with the first line of each refusal."""
    table = Table(box=None, pad_edge=False, header_style="dim", show_footer=True, footer_style="bold")
    table.add_column("outcome", footer="all")
    table.add_column("lines", justify="right", footer=f"{tally.lines:,}")
    table.add_column("first at line", justify="right")
    table.add_row("[green]executed[/]", f"{tally.executed:,}", "")
    table.add_row("[cyan]replayed[/]", f"{tally.replayed:,}", "")
    for code, lines in sorted(tally.rejected.items()):
        table.add_row(f"[yellow]refused: {code}[/]", f"{lines:,}", f"{tally.first[code]:,}")
    return table
