"""`python -m benchmarks views`: what fresh readings cost, at several sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg

from benchmarks.durable.server import Server, database, server
from benchmarks.measure import collector_at_rest
from benchmarks.report import Shown
from benchmarks.views import reads, refreshing, visible, writes
from benchmarks.views.picture import Measured, picture
from benchmarks.views.rows import SEED_STEPS, seed
from clone_cqrs.postgres import Database


@dataclass(frozen=True)
class Extent:
    """users: the sizes; changes: numbers of them, growing; rounds: of reads and of writes; refresh_rounds: of what refreshes;
    seconds: of a contender in a round of writes."""

    users: Sequence[int]
    changes: Sequence[int]
    rounds: int
    refresh_rounds: int
    seconds: float

    @property
    def steps(self) -> int:
        """How often `run` calls `step`, on one server."""
        return len(self.users) * (
            SEED_STEPS
            + reads.steps(self.changes, self.rounds)
            + refreshing.steps(self.refresh_rounds)
            + writes.steps(self.rounds)
            + visible.steps(self.refresh_rounds)
        )


async def run(*, versions: Sequence[str], extent: Extent, step: Callable[[str], None]) -> list[Shown]:
    """Each size in a database of its own, on a private server for each version."""
    reports: list[Shown] = []
    for version in versions:
        with server(version) as running:
            measured = {users: await _measure(running, users, extent, step) for users in extent.users}
            reports += [report for found in measured.values() for report in found.reports]
            reports.append(picture(measured, version))
    return reports


def steps(versions: Sequence[str], extent: Extent) -> int:
    """How often `run` calls `step`."""
    return len(versions) * extent.steps


async def _measure(on: Server, users: int, extent: Extent, step: Callable[[str], None]) -> Measured:
    async with database(on) as name:
        dsn = on.dsn(name)
        connection = await asyncpg.connect(dsn)
        try:
            await seed(connection, users, step)
            async with Database.open(dsn, min_connections=1) as reading:
                with collector_at_rest():
                    points, lists = await reads.measure(connection, reading, users, extent.changes, extent.rounds, step)
            refresh = await refreshing.measure(connection, users, extent.refresh_rounds, step)
            written = await writes.measure(connection, dsn, users, extent.rounds, extent.seconds, step)
            seen = await visible.measure(connection, dsn, users, extent.refresh_rounds, 10 * extent.seconds, step)
        finally:
            await connection.close()
    return Measured(points, lists, written, seen, refresh)
