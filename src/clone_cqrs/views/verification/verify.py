"""verify_view: does the fresh reading say what the definition says?"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.catalog.layout import change_rows, readings
from clone_cqrs.views.fresh.names import FreshNames
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.verification.comparison import Comparison, Key, Part
from clone_cqrs.views.verification.ranges import Ranges, all_keys, some_keys
from clone_cqrs.views.verification.repair import note_changed
from clone_cqrs.views.verification.verification import ColumnDifference, RowDifference, Side, Verification
from clone_cqrs.views.view import MaterializedView

SAMPLE: Final = 1_000
BATCH: Final = 500
"""Keys that are compared at a time: each batch is one short transaction, with one snapshot of its own."""

SHOWN: Final = 20
HIDDEN: Final = "**********"
_AT_ONCE = 1_000
_CLOSING_S = 5.0
_COLUMNS = statement("clone_cqrs.views", "columns")

Progress = Callable[[int, int], None]
"""Called with the rows compared so far, and about how many there will be."""


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
    """Compare a view's fresh reading with its definition, row by row.

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
        found = _Found(view, frozenset(hidden), shown, repair, progress)
        whole = True
        for comparison in await _comparisons(connection, view):
            ranges = await (
                all_keys(connection, comparison, BATCH)
                if sample is None
                else some_keys(connection, comparison, max(1, sample), BATCH)
            )
            whole = whole and ranges.whole
            await _compare(connection, comparison, ranges, found)
    finally:
        await connection.close(timeout=_CLOSING_S)
    seconds = time.monotonic() - began
    return Verification(view.name, found.rows, found.different, tuple(found.differences), found.noted, whole, seconds)


@dataclass(slots=True)
class _Found:
    view: MaterializedView
    hidden: frozenset[str]
    shown: int
    repair: bool
    progress: Progress | None
    rows: int = 0
    different: int = 0
    noted: int = 0
    differences: list[RowDifference] = field(default_factory=list)


async def _be_gentle(connection: asyncpg.Connection, statement_timeout: float) -> None:
    await connection.execute(
        f"SET statement_timeout = {int(statement_timeout * 1000)}; SET lock_timeout = '5s'; SET jit = off;"
        "SET max_parallel_workers_per_gather = 0; SET application_name = 'clone-cqrs verify'"
    )


async def _comparisons(connection: asyncpg.Connection, view: MaterializedView) -> list[Comparison]:
    names = FreshNames.of(view)
    types = {row["name"]: row["type"] for row in await connection.fetch(_COLUMNS, names.definition.quoted)}
    if not types:
        raise LookupError(f"there is no view {names.definition}")
    keys = tuple(ViewName.parse(name).name for name in view.key_columns)
    noted = tuple(change_rows(view).columns)
    return [Comparison(names.view, names.definition, reading, types, keys, noted) for reading in readings(view)]


async def _compare(connection: asyncpg.Connection, comparison: Comparison, ranges: Ranges, found: _Found) -> None:
    size, reached = ranges.size, None
    for start in ranges.starts:
        after: Sequence[Key] = start if reached is None else (*start, reached)
        while True:
            try:
                reached = await _batch(connection, comparison, after, size, found)
            except asyncpg.QueryCanceledError:
                if size == 1:
                    raise
                size = max(1, size // 5)
                continue
            if found.progress is not None:
                found.progress(found.rows, max(found.rows, ranges.expected))
            if reached is None:
                return
            after = (reached,)
            if not ranges.whole:
                break


async def _batch(
    connection: asyncpg.Connection, comparison: Comparison, after: Sequence[Key], size: int, found: _Found
) -> Key | None:
    """Compare the next keys. Returns the last of them, or None where there are no more."""
    left: int | None = None
    most = max(_AT_ONCE, found.shown)
    while True:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rest = comparison.between(after, None)
            # The view's keys are in an index; what only the definition has comes after them, and costs what it is.
            end = await _nth_key(connection, comparison, comparison.view, rest, size) or await _nth_key(
                connection, comparison, comparison.definition, rest, size
            )
            part = comparison.between(after, end)
            rows, different = (await connection.fetch(comparison.counts(part), *part.parameters))[0]
            wrong = await connection.fetch(comparison.differences(part, most), *part.parameters) if different else []
        found.differences += [
            _difference(comparison, found, row) for row in wrong[: max(0, found.shown - len(found.differences))]
        ]
        if found.repair:
            found.noted += await note_changed(connection, found.view, comparison, wrong)
        mended_so_far = found.repair and len(wrong) < different and (left is None or different < left)
        found.different += len(wrong) if mended_so_far else different
        if not mended_so_far:
            found.rows += rows
            return end
        # What has been noted differs no longer: the rest shows up when the same keys are compared once more.
        left = different


async def _nth_key(connection: asyncpg.Connection, comparison: Comparison, of: ViewName, part: Part, n: int) -> Key | None:
    key = await connection.fetchval(comparison.nth_key(of, part, n), *part.parameters)
    return None if key is None else tuple(key)


def _difference(comparison: Comparison, found: _Found, row: asyncpg.Record) -> RowDifference:
    fresh, definition = row["fresh"], row["definition"]
    side: Side = "lacks" if fresh is None else "has" if definition is None else "differs"
    nothing = [None] * len(comparison.types)
    columns = tuple(
        ColumnDifference(name, None, None, hidden=True) if name in found.hidden else ColumnDifference(name, ours, theirs)
        for name, ours, theirs in zip(comparison.types, fresh or nothing, definition or nothing, strict=True)
        if ours != theirs
    )
    key = tuple(HIDDEN if name in found.hidden else value for name, value in zip(comparison.keys, row["key"], strict=True))
    return RowDifference(str(comparison.reading), key, side, columns)
