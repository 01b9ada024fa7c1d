"""Comparing lists: those of some rows at random, among which long ones are likely, and those of changes that are kept."""

from __future__ import annotations

import asyncpg

from clone_cqrs.views.catalog.layout import change_rows, list_readings
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.verification.batches import Found, compare_page
from clone_cqrs.views.verification.comparison import Comparison
from clone_cqrs.views.verification.ranges import looked_at

_LISTS = 25
_PAGE_ROWS = 20
_CHANGES = 1_000


async def compare_lists(connection: asyncpg.Connection, comparison: Comparison, found: Found) -> None:
    """Compare first pages, in the order of the list's declaration: what is cut off there must be the same on both sides."""
    functions = list_readings(found.view)
    if functions is None:
        return
    key = ViewName.parse(functions.list_key).name
    for value in await _lists(connection, comparison, found, key):
        page = comparison.page(functions.fresh, functions.definition, comparison.types[key], value, _PAGE_ROWS)
        await compare_page(connection, comparison, page, functions.fresh, found)


async def _lists(connection: asyncpg.Connection, comparison: Comparison, found: Found, key: str) -> list[str]:
    percent = await looked_at(connection, comparison)
    taken = [row["key"][0] for row in await connection.fetch(comparison.some_keys([key], percent, _LISTS))]
    changes = change_rows(found.view)
    column = ViewName(None, changes.columns[key]).quoted
    changed = await connection.fetch(
        f"SELECT DISTINCT {column}::text FROM (SELECT {column} FROM {changes.table.quoted} WHERE {column} IS NOT NULL"
        f" LIMIT {_CHANGES}) AS kept LIMIT {_LISTS}"
    )
    return [value for value in dict.fromkeys([*taken, *(row[0] for row in changed)]) if value is not None]
