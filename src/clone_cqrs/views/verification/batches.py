"""Comparing, a range of keys or a list at a time, each in a short transaction with one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import asyncpg

from clone_cqrs.views.names import ViewName
from clone_cqrs.views.verification.comparison import Comparison, Key, Part, Range
from clone_cqrs.views.verification.ranges import Ranges
from clone_cqrs.views.verification.repair import note_changed
from clone_cqrs.views.verification.verification import ColumnDifference, RowDifference, Side
from clone_cqrs.views.view import MaterializedView

HIDDEN: Final = "**********"
_AT_ONCE = 1_000

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the rows compared so far, and about how many there will be."""


@dataclass(slots=True)
class Found:
    """What is asked for, and what was found so far; as in `verify_view` and `Verification`."""

    view: MaterializedView
    hidden: frozenset[str]
    shown: int
    repair: bool
    progress: Progress | None
    rows: int = 0
    lists: int = 0
    different: int = 0
    noted: int = 0
    differences: list[RowDifference] = field(default_factory=list)


async def compare_ranges(connection: asyncpg.Connection, comparison: Comparison, ranges: Ranges, found: Found) -> None:
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


async def compare_page(
    connection: asyncpg.Connection, comparison: Comparison, page: Part, reading: ViewName, found: Found
) -> None:
    """Compare the first rows of a list. A change that mends it is one of a row on either side."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        _rows, different, wrong = await _differing(connection, comparison, page, found)
    _keep(comparison, reading, wrong, found)
    if found.repair:
        found.noted += await note_changed(connection, found.view, comparison, wrong)
    found.different += different
    found.lists += 1


async def _batch(
    connection: asyncpg.Connection, comparison: Comparison, after: Sequence[Key], size: int, found: Found
) -> Key | None:
    """Compare the next keys. Returns the last of them, or None where there are no more."""
    left: int | None = None
    while True:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rest = comparison.between(after, None)
            # The view's keys are in an index; what only the definition has comes after them, and costs what it is.
            end = await _nth_key(connection, comparison, comparison.view, rest, size) or await _nth_key(
                connection, comparison, comparison.definition, rest, size
            )
            part = comparison.rows(comparison.between(after, end))
            rows, different, wrong = await _differing(connection, comparison, part, found)
        _keep(comparison, comparison.reading, wrong, found)
        if found.repair:
            found.noted += await note_changed(connection, found.view, comparison, wrong)
        mended_so_far = found.repair and len(wrong) < different and (left is None or different < left)
        found.different += len(wrong) if mended_so_far else different
        if not mended_so_far:
            found.rows += rows
            return end
        # What has been noted differs no longer: the rest shows up when the same keys are compared once more.
        left = different


async def _differing(
    connection: asyncpg.Connection, comparison: Comparison, part: Part, found: Found
) -> tuple[int, int, list[asyncpg.Record]]:
    """How many rows there are, how many of them differ, and the first of those."""
    ((rows, different),) = await connection.fetch(comparison.counts(part), *part.parameters)
    if not different:
        return rows, 0, []
    most = max(_AT_ONCE, found.shown)
    return rows, different, await connection.fetch(comparison.differences(part, most), *part.parameters)


def _keep(comparison: Comparison, reading: ViewName, wrong: Sequence[asyncpg.Record], found: Found) -> None:
    room = max(0, found.shown - len(found.differences))
    found.differences += [_difference(comparison, reading, found, row) for row in wrong[:room]]


async def _nth_key(connection: asyncpg.Connection, comparison: Comparison, of: ViewName, keys: Range, n: int) -> Key | None:
    key = await connection.fetchval(comparison.nth_key(of, keys, n), *keys.parameters)
    return None if key is None else tuple(key)


def _difference(comparison: Comparison, reading: ViewName, found: Found, row: asyncpg.Record) -> RowDifference:
    fresh, definition = row["fresh"], row["definition"]
    side: Side = "lacks" if fresh is None else "has" if definition is None else "differs"
    nothing = [None] * len(comparison.types)
    columns = tuple(
        ColumnDifference(name, None, None, hidden=True) if name in found.hidden else ColumnDifference(name, ours, theirs)
        for name, ours, theirs in zip(comparison.types, fresh or nothing, definition or nothing, strict=True)
        if ours != theirs
    )
    key = tuple(HIDDEN if name in found.hidden else value for name, value in zip(comparison.keys, row["key"], strict=True))
    return RowDifference(str(reading), key, side, columns)
