"""Noting rows that differ as changed, so that they are computed."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from clone_cqrs.views.catalog.layout import change_rows
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.verification.comparison import Comparison
from clone_cqrs.views.view import MaterializedView


async def note_changed(
    connection: asyncpg.Connection, view: MaterializedView, comparison: Comparison, wrong: Sequence[asyncpg.Record]
) -> int:
    """Append changes of the keys of rows that differ, in a transaction of its own; returns how many.

    A row that is in another list on each side is noted in both, as its triggers would have done. Until the next refresh it is
    computed; a change too many does no harm. wrong: as `Comparison.differences` has them.
    """
    changes = change_rows(view)
    noted = {tuple(row[side]) for row in wrong for side in ("fresh_noted", "definition_noted") if row[side] is not None}
    rows = [key for key in noted if None not in key]
    if not rows:
        return 0
    into = ", ".join(ViewName(None, changes.columns[name]).quoted for name in comparison.noted)
    values = ", ".join(f"${number}::text::{comparison.types[name]}" for number, name in enumerate(comparison.noted, 1))
    async with connection.transaction(isolation="read_committed"):
        await connection.executemany(f"INSERT INTO {changes.table.quoted} ({into}) VALUES ({values})", rows)
    return len(rows)
