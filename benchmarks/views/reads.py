"""Reads of one key, and of a page of a list, in three readings, while more and more changes are recorded."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import truediv
from typing import Any, Final

import asyncpg

from benchmarks.measure import Contender, Spread, by_round, take_turns
from benchmarks.report import Line, Report, spread_cells
from benchmarks.views import changes
from benchmarks.views.readings import DEFINITION, FRESH, PROFILE, READINGS, SESSION, SESSIONS, STATISTICS, VIEW, difference
from benchmarks.views.rows import CHANGING, STILL, is_regular, may_change, session, some_users, start_afresh, user
from clone_cqrs.postgres import Database

Arguments = Sequence[Any]
_READS = 60
_WARM_UP = 10
_PAGE = (None, None, 20, None, None)
_COMPARED = 100


@dataclass(frozen=True)
class Case:
    """One line: a statement, whom it is asked about, and what the fresh reading is held to."""

    name: str
    texts: Mapping[str, str]
    changed: bool
    of: str
    at_most: float
    asked: Callable[[Sequence[int]], list[Arguments]]

    @property
    def goal(self) -> str:
        return f"at most {self.at_most:g} times the {self.of}"


def _sessions(numbers: Sequence[int]) -> list[Arguments]:
    return [(user(number), session(number, number % 2)) for number in numbers]


def _users(numbers: Sequence[int]) -> list[Arguments]:
    return [(user(number),) for number in numbers]


def _pages(numbers: Sequence[int]) -> list[Arguments]:
    return [(user(number), *_PAGE) for number in numbers if is_regular(number) or number <= CHANGING]


_KINDS = {"session summary": (SESSION, _sessions), "statistics": (STATISTICS, _users), "profile": (PROFILE, _users)}
POINTS: Final = tuple(
    Case(f"{kind}, {'changed' if changed else 'unchanged'}", texts, changed, *held, asked)
    for kind, (texts, asked) in _KINDS.items()
    for changed, held in ((False, (VIEW, 2.5)), (True, (DEFINITION, 1.2)))
)
LISTS: Final = (
    Case("user with 25 sessions, none changed", SESSIONS, False, VIEW, 3.0, _pages),
    Case("user with 25 sessions, all changed", SESSIONS, True, VIEW, 3.0, _pages),
    Case("user with 5,001 sessions, none changed", SESSIONS, False, VIEW, 3.0, lambda _: _pages([STILL])),
    Case("user with 5,001 sessions, the newest 100 changed", SESSIONS, True, VIEW, 3.0, lambda _: _pages([CHANGING])),
)


@dataclass(frozen=True)
class Reads:
    """The figures of one line. by_reading: for each number of changes, microseconds by reading and round."""

    case: Case
    by_changes: dict[int, dict[str, list[float]]]
    faults: list[str]

    def line(self) -> Line:
        last = list(self.by_changes.values())[-1]
        us = {reading: Spread.of(last[reading]) for reading in READINGS}
        fresh = {count: Spread.of(found[FRESH]) for count, found in self.by_changes.items()}
        ratios = {
            count: {of: Spread.of(by_round(found[FRESH], found[of], truediv)) for of in (VIEW, DEFINITION)}
            for count, found in self.by_changes.items()
        }
        worst = max((ratio[self.case.of] for ratio in ratios.values()), key=lambda ratio: ratio.median)
        cells = [f"{us[VIEW].median:.0f}", f"{us[DEFINITION].median:.0f}"]
        cells += ["/".join(f"{spread.median:.0f}" for spread in fresh.values()), spread_cells(worst, 2), self.case.goal]
        if self.faults:
            cells[2:4] = [self.faults[0], ""]
        figures = {
            "view_us": us[VIEW],
            "definition_us": us[DEFINITION],
            "fresh_us": {str(count): spread for count, spread in fresh.items()},
            "ratios": {str(count): found for count, found in ratios.items()},
            "faults": self.faults,
        }
        return Line(self.case.name, cells, figures)


async def measure(
    connection: asyncpg.Connection,
    database: Database,
    users: int,
    numbers: Sequence[int],
    rounds: int,
    step: Callable[[str], None],
) -> list[Report]:
    """numbers: of changes, growing; connection: writes; database: reads, with the same prepared statements all along."""
    found = {case.name: Reads(case, {}, []) for case in (*POINTS, *LISTS)}
    await changes.choose(connection)
    recorded: list[int] = []
    for wanted in numbers:
        await start_afresh(connection)
        changed = await changes.record(connection, wanted)
        recorded.append(changed.changes)
        chosen = {
            True: some_users(users, changed.users.__contains__) if changed.users else [],
            False: some_users(users, lambda number: not may_change(number)),
        }
        for case in (*POINTS, *LISTS):
            name = f"{users:,} users, {wanted:,} changes: {case.name}"
            asked = case.asked(chosen[case.changed]) if wanted or not case.changed else []
            if not asked:
                for _ in range(rounds):
                    step(name)
                continue
            turns = {reading: _contender(database, case.texts[reading], asked) for reading in READINGS}
            rounds_done = itertools.count(1)

            def each(_done: str, name: str = name, count: Any = rounds_done) -> None:
                if next(count) % len(READINGS) == 0:
                    step(name)

            found[case.name].by_changes[wanted] = await take_turns(turns, rounds=rounds, step=each)
            fault = await difference(database, case.texts, asked[:_COMPARED])
            found[case.name].faults.extend([fault] if fault else [])
    await start_afresh(connection)
    counts = " / ".join(f"{count:,}" for count in recorded)
    columns = ("view, us", "definition, us", f"fresh, us, with {counts} changes", "ratio at worst", "goal")
    note = (
        f"Medians of {_READS} rows through `Database`, each read once before it is timed, then of {rounds} rounds; ratios are "
        "taken round by round, with quartiles. Every answer was compared with the definition's, for a hundred keys."
    )
    return [
        Report(
            f"{title}, {users:,} users",
            columns,
            [found[case.name].line() for case in cases if found[case.name].by_changes],
            note,
        )
        for title, cases in (("one row", POINTS), ("the newest 20", LISTS))
    ]


def steps(numbers: Sequence[int], rounds: int) -> int:
    """How often `measure` calls `step`."""
    return len(numbers) * rounds * len((*POINTS, *LISTS))


def _contender(database: Database, text: str, asked: Sequence[Arguments]) -> Contender:
    async def reads(index: int) -> float:
        taken = []
        # Before the first round, the server's plan for any value has to be made.
        for nth in range(-1 if index else -_WARM_UP, _READS):
            arguments = asked[(index * _READS + nth) % len(asked)]
            # Whichever reading came first would pay for a row's pages alone.
            await database.fetch(text, *arguments)
            began = time.perf_counter()
            await database.fetch(text, *arguments)
            if nth >= 0:
                taken.append(time.perf_counter() - began)
        return statistics.median(taken) * 1e6

    return reads
