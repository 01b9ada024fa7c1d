"""`python -m benchmarks durable`: commands a second at 1 and at 16 in flight, against pgbench and against plain asyncpg."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from operator import truediv

from benchmarks.durable import hand_written, pgbench, through_the_bus
from benchmarks.durable.server import Server, checkpoint, count_commands, database, server
from benchmarks.measure import Contender, Spread, by_round, take_turns
from benchmarks.report import Line, Report, spread_cells

PGBENCH, HAND_WRITTEN, PRODUCT = "pgbench", "asyncpg, by hand", "CommandBus"
_COLUMNS = ("commands/s", "of pgbench", "goal")
_GOALS = {16: "0.4, better 0.5"}


async def run(
    *, versions: Sequence[str], in_flight: Sequence[int], rounds: int, seconds: float, step: Callable[[str], None]
) -> list[Report]:
    """seconds: of each contender, in each round."""
    reports = []
    for version in versions:
        with server(version) as running:
            for many in in_flight:
                reports.append(await _compare(running, many, rounds, seconds, step))
    return reports


def steps(versions: Sequence[str], in_flight: Sequence[int], rounds: int) -> int:
    """How often `run` calls `step`."""
    return len(versions) * len(in_flight) * rounds * 3


async def _compare(on: Server, in_flight: int, rounds: int, seconds: float, step: Callable[[str], None]) -> Report:
    numbers = count(1)
    async with database(on) as name:
        dsn = on.dsn(name)

        async def with_pgbench(_round: int) -> float:
            await checkpoint(on)
            return await pgbench.commands_per_second(on, name, in_flight=in_flight, seconds=seconds, number=next(numbers))

        async def by_hand(_round: int) -> float:
            await checkpoint(on)
            return await hand_written.commands_per_second(dsn, in_flight=in_flight, seconds=seconds)

        async def through_bus(_round: int) -> float:
            await checkpoint(on)
            return await through_the_bus.commands_per_second(dsn, in_flight=in_flight, seconds=seconds)

        contenders: dict[str, Contender] = {PGBENCH: with_pgbench, HAND_WRITTEN: by_hand, PRODUCT: through_bus}
        figures = await take_turns(contenders, rounds=rounds, step=step)
        stored = await count_commands(on, name)
    lines = [_line(name, figures, _GOALS.get(in_flight, "") if name == PRODUCT else "") for name in contenders]
    note = (
        f"PostgreSQL {on.version}, fsync on, Unix socket; medians and quartiles of {rounds} rounds of {seconds:g} s each, "
        f"{stored:,} commands in all, each found with its event and its row."
    )
    return Report(f"durable, {in_flight} in flight, PostgreSQL {on.version}", _COLUMNS, lines, note)


def _line(name: str, figures: dict[str, list[float]], goal: str) -> Line:
    rate = Spread.of(figures[name], best=max)
    ratio = Spread.of(by_round(figures[name], figures[PGBENCH], truediv), best=max)
    return Line(
        name,
        [spread_cells(rate, 0), "1" if name == PGBENCH else spread_cells(ratio, 2), goal],
        {"commands_per_second": rate, "ratio": ratio},
    )
