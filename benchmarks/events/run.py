"""`python -m benchmarks events`: commit to handler, live; events a second when catching up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.durable.server import Server, checkpoint, database, server
from benchmarks.events import catching_up, live
from benchmarks.measure import Spread
from benchmarks.report import Line, Report, spread_cells

RATE = 500
_EVENTS = 100_000
_LIVE = {"in one process": live.one_process, "across two processes": live.two_processes}
_CATCH_UP = {"empty handler": catching_up.empty_handler, "exactly once, a row for each": catching_up.exactly_once_effect}


async def run(*, versions: Sequence[str], rounds: int, seconds: float, step: Callable[[str], None]) -> list[Report]:
    """seconds: of each live run, in each round."""
    reports = []
    for version in versions:
        with server(version) as running:
            reports.append(await _live(running, rounds, seconds, step))
            reports.append(await _catching_up(running, rounds, step))
    return reports


def steps(versions: Sequence[str], rounds: int) -> int:
    """How often `run` calls `step`."""
    return len(versions) * rounds * (len(_LIVE) + len(_CATCH_UP))


async def _live(on: Server, rounds: int, seconds: float, step: Callable[[str], None]) -> Report:
    results: dict[str, list[live.Live]] = {name: [] for name in _LIVE}
    async with database(on) as name:
        for _ in range(rounds):
            for contender, measure in _LIVE.items():
                await checkpoint(on)
                results[contender].append(await measure(on.dsn(name), rate=RATE, seconds=seconds))
                step(contender)
    lines = []
    for contender, runs in results.items():
        faults = [each.fault for each in runs if each.fault]
        medians, tails = (Spread.of([each.percentile(share) for each in runs]) for share in (0.5, 0.99))
        rate = Spread.of([each.commands_per_second for each in runs])
        delays = [faults[0]] * 2 if faults else [spread_cells(medians, 2), spread_cells(tails, 2)]
        figures = {"p50_ms": medians, "p99_ms": tails, "commands_per_second": rate, "faults": faults}
        lines.append(Line(contender, [*delays, f"{rate.median:,.0f}", "p50 < 5"], figures))
    note = (
        f"PostgreSQL {on.version}, fsync on, Unix socket; {RATE} commands a second, evenly spaced; medians and "
        f"quartiles of {rounds} rounds of {seconds:g} s. From the moment `execute` has returned; each was checked for lost, "
        "repeated and inverted events."
    )
    return Report(f"commit to handler, PostgreSQL {on.version}", ("p50 ms", "p99 ms", "commands/s", "goal"), lines, note)


async def _catching_up(on: Server, rounds: int, step: Callable[[str], None]) -> Report:
    results: dict[str, list[tuple[float, str | None]]] = {name: [] for name in _CATCH_UP}
    async with database(on) as name:
        await catching_up.fill(on.dsn(name), _EVENTS)
        for _ in range(rounds):
            for contender, measure in _CATCH_UP.items():
                await checkpoint(on)
                results[contender].append(await measure(on.dsn(name)))
                step(contender)
    lines = []
    for contender, runs in results.items():
        faults = [fault for _, fault in runs if fault]
        rate = Spread.of([rate for rate, _ in runs], best=max)
        goal = "20,000" if contender == "empty handler" else ""
        shown = faults[0] if faults else spread_cells(rate, 0)
        lines.append(Line(contender, [shown, goal], {"events_per_second": rate, "faults": faults}))
    note = (
        f"PostgreSQL {on.version}, fsync on, Unix socket; {_EVENTS:,} events of 1,000 aggregates, one worker in one process, "
        f"medians and quartiles of {rounds} rounds; each run was checked for lost, repeated and inverted events."
    )
    return Report(f"catching up, PostgreSQL {on.version}", ("events/s", "goal"), lines, note)
