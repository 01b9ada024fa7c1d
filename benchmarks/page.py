"""Figures on a page: the tables of a run, put where the page says that they belong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from benchmarks.report import Shown


def with_figures(page: str, reports: Mapping[str, Sequence[Shown]], command: str, machine: Mapping[str, str]) -> str:
    """`page` with the tables of each benchmark between `<!-- figures: NAME -->` and `<!-- end of figures -->`.

    Raises: ValueError for a benchmark that the page has no place for.
    """
    for name, found in reports.items():
        place = re.compile(rf"(<!-- figures: {re.escape(name)} -->\n).*?(<!-- end of figures -->)", re.DOTALL)
        page, filled = place.subn(lambda at, found=found: f"{at[1]}\n{_figures(found, command, machine)}\n{at[2]}", page)  # type: ignore[misc]
        if not filled:
            raise ValueError(f"the page has no place for figures of {name}: <!-- figures: {name} --> <!-- end of figures -->")
    return page


def _figures(reports: Sequence[Shown], command: str, machine: Mapping[str, str]) -> str:
    facts = "; ".join(f"{name}: {value}" for name, value in machine.items())
    return "\n".join([*(report.markdown() for report in reports), f"`{command}`: {facts}.\n"])
