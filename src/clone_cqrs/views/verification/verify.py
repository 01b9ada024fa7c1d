"""verify_view: does the fresh reading say what the definition says?"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Final

import asyncpg

from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.catalog.layout import change_rows
from clone_cqrs.views.fresh.names import FreshNames
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.verification.batches import Found, Progress, compare_ranges
from clone_cqrs.views.verification.comparison import Comparison
from clone_cqrs.views.verification.lists import compare_lists
from clone_cqrs.views.verification.ranges import all_keys, some_keys
from clone_cqrs.views.verification.verification import Verification
from clone_cqrs.views.view import MaterializedView

SAMPLE: Final = 1_000
BATCH: Final = 500
"""Keys that are compared at a time: each batch is one short transaction, with one snapshot of its own."""

SHOWN: Final = 20
_CLOSING_S = 5.0
_COLUMNS = statement("clone_cqrs.views", "columns")


async def verify_view(
    database: Database,
    view: MaterializedView,
    *,
    sample: int | None = SAMPLE,
    repair: bool = False,
    hidden: Collection[str] = (),
    shown: int = SHOWN,
    statement_timeout: float = 30.0,
    progress: Progress | None = None,
) -> Verification:
    """Compare a view's fresh reading with its definition, row by row, and the first pages of some of its lists.

    sample: about how many rows, or None for all; repair: note the keys that differ as changed, so that they are computed from
    now on; hidden: columns whose values are not to be shown; shown: how many of the differences are kept; statement_timeout: in
    seconds, of each statement; a batch that takes longer is tried again in smaller ones.

    Both sides of a batch are read by one statement, in a READ ONLY transaction of its own: no snapshot is held for longer, and
    no lock is taken but ACCESS SHARE. Memory does not grow with the view. Rows are compared as text.
    Raises: LookupError where there is no such definition; ValueError for a view without a fresh reading; asyncpg's error, as
    QueryCanceledError where a single row takes too long.
    """
    if not view.changes:
        raise ValueError(f"{view.name} has no fresh reading: there is nothing to compare")
    began = time.monotonic()
    connection = await database.connect()
    try:
        await _be_gentle(connection, statement_timeout)
        comparison = await _comparison(connection, view)
        found = Found(view, frozenset(hidden), shown, repair, progress)
        if sample is None:
            ranges = await all_keys(connection, comparison, BATCH)
        else:
            ranges = await some_keys(connection, comparison, max(1, sample), BATCH)
        await compare_ranges(connection, comparison, ranges, found)
        if found.different == 0 or repair:  # else the same rows again
            await compare_lists(connection, comparison, found)
    finally:
        await connection.close(timeout=_CLOSING_S)
    return Verification(
        view=view.name,
        rows=found.rows,
        lists=found.lists,
        different=found.different,
        differences=tuple(found.differences),
        noted=found.noted,
        whole=ranges.whole,
        seconds=time.monotonic() - began,
    )


async def _be_gentle(connection: asyncpg.Connection, statement_timeout: float) -> None:
    await connection.execute(
        f"SET statement_timeout = {int(statement_timeout * 1000)}; SET lock_timeout = '5s'; SET jit = off;"
        "SET max_parallel_workers_per_gather = 0; SET application_name = 'clone-cqrs verify'"
    )


async def _comparison(connection: asyncpg.Connection, view: MaterializedView) -> Comparison:
    names = FreshNames.of(view)
    types = {row["name"]: row["type"] for row in await connection.fetch(_COLUMNS, names.definition.quoted)}
    if not types:
        raise LookupError(f"there is no view {names.definition}")
    keys = tuple(ViewName.parse(name).name for name in view.key_columns)
    return Comparison(names.view, names.definition, names.fresh, types, keys, tuple(change_rows(view).columns))
