"""Retention: dropping old partitions of the log. Off unless somebody calls this; only the owner of the schema may."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Final

import asyncpg

from clone_cqrs.errors import ConflictError
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.errors import sqlstate_of
from clone_cqrs.postgres.statements import statement
from clone_cqrs.telemetry import get_logger

_DROP = statement("clone_cqrs.events", "drop_partitions")
_DROPPABLE = statement("clone_cqrs.events", "droppable_before")
_STILL_NEEDED: Final = "CQ410"
_BUSY: Final = frozenset({"55P03", "40P01"})
_ATTEMPTS: Final = 10
_PAUSE_S: Final = 0.2
_log = get_logger(__name__)


@dataclass(frozen=True)
class LogPartition:
    """A partition of the log: the positions lower <= position < upper."""

    number: int
    lower: int
    upper: int


async def drop_old_partitions(
    database: Database, *, keep_positions: int | None = None, before: int | None = None, dry_run: bool = False
) -> tuple[LogPartition, ...]:
    """Drop the partitions of the log that are wholly old; returns them. What no whole partition covers stays.

    keep_positions: keep the newest so many, and whatever a subscription still needs (all after the oldest checkpoint, and
    every event that is set aside); before: all before a position, refused where a subscription needs one of them. Say one of
    the two. dry_run: only tell. Unnamed subscribers store nothing: one that is behind by more than is kept misses events.
    Raises: ConflictError where `before` is refused, or the log was busy all the time; ValueError; StorageUnavailableError.
    """
    if (keep_positions is None) == (before is None) or (keep_positions or 0) < 0:
        raise ValueError("say keep_positions=, at least 0, or before=")
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            limit = before if before is not None else await database.fetch_value(_DROPPABLE, keep_positions)
            rows = await database.fetch(_DROP, limit, dry_run)
        except asyncpg.PostgresError as error:
            state = sqlstate_of(error)
            if state == _STILL_NEEDED and before is not None:
                raise ConflictError(str(error)) from error
            if state != _STILL_NEEDED and state not in _BUSY:
                raise
            if attempt == _ATTEMPTS:
                raise ConflictError("the log was in use all the time: try again later") from error
        else:
            dropped = tuple(LogPartition(row["number"], row["lower_position"], row["upper_position"]) for row in rows)
            if dropped and not dry_run:
                _log.info("log_partitions_dropped", first=dropped[0].number, last=dropped[-1].number, before=limit)
            return dropped
        await asyncio.sleep(_PAUSE_S * random.uniform(0.5, 1.5))
    raise AssertionError("unreachable")
