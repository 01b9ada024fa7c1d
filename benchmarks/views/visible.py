"""When a write is seen, and what that costs the server: 500 writes a second, each followed by a read of what it changed."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import asyncpg

from benchmarks.measure import Spread, collector_at_rest
from benchmarks.report import Line, Report, spread_cells
from benchmarks.views import processor
from benchmarks.views.readings import DEFINITION, FRESH, SESSION, VIEW, difference
from benchmarks.views.rows import FOLLOWED, follow, session, some_users, start_afresh, user
from benchmarks.views.writes import TOUCHED, single
from clone_cqrs.postgres import Database
from clone_cqrs.views import refresh_view

RATE: Final = 500
_POLLED_EVERY_S = 0.005
_COMPARED = 100
_COUNTED = "SELECT turn_count FROM conversation_session_summary_{reading} WHERE id = $1"


@dataclass(frozen=True)
class Way:
    """How changes are made visible. followed: the triggers are on; refreshing: what goes on beside the writes."""

    reading: str
    followed: bool
    refreshing: Callable[[Database], Awaitable[None]] | None


@dataclass
class Seen:
    """One run. lags_s: until a read saw the write, by polling where the first did not; stale: first reads without it."""

    writes: int = 0
    stale: int = 0
    lags_s: list[float] = field(default_factory=list)
    reads_s: list[float] = field(default_factory=list)
    processor_s: float = 0.0
    took_s: float = 0.0
    fault: str | None = None

    def lag_ms(self, share: float) -> float:
        ordered = sorted(self.lags_s)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def _by_statement(database: Database) -> None:
    connection = await database.connect()
    try:
        while True:
            for view in TOUCHED:
                await connection.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {view}_view")
    finally:
        connection.terminate()


async def _by_the_library(database: Database) -> None:
    while True:
        for view in TOUCHED:
            await refresh_view(database, f"{view}_view")


WAYS: Final = {
    "definition, no triggers": Way(DEFINITION, False, None),
    "fresh reading": Way(FRESH, True, None),
    "fresh reading, refreshed and swept in a loop": Way(FRESH, True, _by_the_library),
    "view, REFRESH CONCURRENTLY in a loop, no triggers": Way(VIEW, False, _by_statement),
}


async def measure(
    connection: asyncpg.Connection, dsn: str, users: int, rounds: int, seconds: float, step: Callable[[str], None]
) -> Report:
    """seconds: of each way, in each round; a view that is refreshed takes until it has everything."""
    followed = await connection.fetch(FOLLOWED)
    found: dict[str, list[Seen]] = {name: [] for name in WAYS}
    for index in range(rounds):
        for name, way in list(WAYS.items())[index % len(WAYS) :] + list(WAYS.items())[: index % len(WAYS)]:
            await start_afresh(connection, TOUCHED)
            await follow(connection, followed, on=way.followed)
            await connection.execute("CHECKPOINT")
            found[name].append(await _run(way, dsn, users, seconds, await processor.postmaster(connection)))
            await follow(connection, followed)
            step(f"{users:,} users: {name}")
    await start_afresh(connection, TOUCHED)
    note = (
        f"{RATE} turns a second, evenly spaced, for {seconds:g} s, each read back after its commit; medians and quartiles of "
        f"{rounds} rounds. Processor time is that of all of the server's processes, reads included."
    )
    columns = ("stale reads", "lag, ms, median", "lag, ms, 99th percentile", "read, us", "server, ms a write", "goal")
    return Report(f"seen after a write, {users:,} users", columns, [_line(name, runs) for name, runs in found.items()], note)


def steps(rounds: int) -> int:
    """How often `measure` calls `step`."""
    return rounds * len(WAYS)


async def _run(way: Way, dsn: str, users: int, seconds: float, postmaster: int) -> Seen:
    seen, waiting = Seen(), deque[tuple[int, int, float]]()
    numbers = some_users(users, lambda _: True, most=5_000)
    text = _COUNTED.format(reading=way.reading)
    async with Database.open(dsn, min_connections=8) as database:
        written = [await database.fetch_value(_COUNTED.format(reading=DEFINITION), session(number)) for number in numbers]

        async def write_and_read(nth: int) -> None:
            number = numbers[nth]
            await single(database, [number])()
            committed = time.perf_counter()
            written[nth] += 1
            expected = written[nth]
            counted = await database.fetch_value(text, session(number))
            seen.reads_s.append(time.perf_counter() - committed)
            seen.writes += 1
            if counted < expected:
                seen.stale += 1
                waiting.append((number, expected, committed))
            else:
                seen.lags_s.append(0.0)

        with collector_at_rest():
            began, used = time.perf_counter(), processor.seconds(postmaster)
            async with _beside(way.refreshing, database), _beside(lambda on: _watch(on, text, waiting, seen), database):
                async with asyncio.TaskGroup() as writes:
                    for nth in count():
                        due = began + nth / RATE
                        if due - began > seconds:
                            break
                        await asyncio.sleep(max(0.0, due - time.perf_counter()))
                        writes.create_task(write_and_read(nth % len(numbers)))
                seen.took_s = time.perf_counter() - began
                seen.processor_s = processor.seconds(postmaster) - used
                while waiting:  # noqa: ASYNC110 - the refresh beside it is what is waited for
                    await asyncio.sleep(_POLLED_EVERY_S)
        if way.reading == FRESH:
            asked = [(user(number), session(number)) for number in numbers[:_COMPARED]]
            seen.fault = await difference(database, SESSION, asked)
    return seen


async def _watch(database: Database, text: str, waiting: deque[tuple[int, int, float]], seen: Seen) -> None:
    """Ask for the oldest write that was not seen. A refresh makes all of them visible that were committed before it began."""
    while True:
        while waiting:
            number, expected, committed = waiting[0]
            if await database.fetch_value(text, session(number)) < expected:
                break
            seen.lags_s.append(time.perf_counter() - committed)
            waiting.popleft()
        await asyncio.sleep(_POLLED_EVERY_S)


@asynccontextmanager
async def _beside(work: Callable[[Database], Awaitable[None]] | None, database: Database) -> AsyncIterator[None]:
    if work is None:
        yield
        return
    task = asyncio.ensure_future(work(database))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled():
            task.result()


def _line(name: str, runs: Sequence[Seen]) -> Line:
    faults = [run.fault for run in runs if run.fault]
    stale = sum(run.stale for run in runs)
    reads = sum(run.writes for run in runs)
    rate = Spread.of([run.writes / run.took_s for run in runs])
    lags = {share: Spread.of([run.lag_ms(share) for run in runs]) for share in (0.5, 0.99)}
    read = Spread.of([1e6 * sorted(run.reads_s)[len(run.reads_s) // 2] for run in runs])
    each = Spread.of([1000 * run.processor_s / run.writes for run in runs])
    cells = [
        faults[0] if faults else f"{stale:,} of {reads:,}",
        *(f"{lag.median:,.0f}" for lag in lags.values()),
        f"{read.median:,.0f}",
        spread_cells(each, 2),
        "none, 0" if WAYS[name].reading == FRESH else "",
    ]
    figures = {"stale": stale, "writes": reads, "writes_per_second": rate, "lag_p50_ms": lags[0.5], "lag_p99_ms": lags[0.99]}
    return Line(name, cells, figures | {"read_us": read, "processor_ms_per_write": each, "faults": faults})
