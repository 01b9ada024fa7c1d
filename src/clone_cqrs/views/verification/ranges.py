"""Which ranges of keys to compare: all of them, or runs of neighbours taken at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

from clone_cqrs.views.verification.comparison import Comparison, Key

RUN = 20
"""Neighbours that are compared together in a sample: rows that only the definition has lie between the view's."""

_LOOKED_AT = 20_000
"""About how many of a large view's rows a sample is drawn from."""


@dataclass(slots=True)
class Ranges:
    """Where to compare: from after each of `starts`, `size` keys at a time, `runs` times, or to the end."""

    whole: bool
    expected: int
    starts: list[Sequence[Key]] = field(default_factory=list)
    size: int = 500


async def all_keys(connection: asyncpg.Connection, comparison: Comparison, size: int) -> Ranges:
    """One range, from the beginning."""
    return Ranges(True, await _rows(connection, comparison), [()], size)


async def some_keys(connection: asyncpg.Connection, comparison: Comparison, sample: int, size: int) -> Ranges:
    """Runs at random, the first keys, and those after the last that the view has; of a small view, all."""
    few = f"SELECT count(*) FROM (SELECT FROM {comparison.view.quoted} LIMIT {sample + 1}) AS rows"
    if await connection.fetchval(few) <= sample:
        return await all_keys(connection, comparison, size)
    runs = max(1, sample // RUN - 2)
    taken = await connection.fetch(comparison.some_keys(comparison.keys, await looked_at(connection, comparison), runs))
    last = await connection.fetchval(comparison.last_key())
    starts: list[Sequence[Key]] = [(), *((tuple(row["key"]),) for row in taken), (tuple(last),)]
    return Ranges(False, len(starts) * RUN, starts, RUN)


async def looked_at(connection: asyncpg.Connection, comparison: Comparison) -> float:
    """The share of the view's rows, in percent, that a sample is drawn from."""
    return min(100.0, 100 * _LOOKED_AT / max(1, await _rows(connection, comparison)))


async def _rows(connection: asyncpg.Connection, comparison: Comparison) -> int:
    """By the server's estimate; 0 where it has none."""
    sql = "SELECT greatest(reltuples, 0)::bigint FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)"
    rows: int = await connection.fetchval(sql, comparison.view.quoted)
    return rows
