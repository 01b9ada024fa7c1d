"""What recording changes adds to a write: the clone's INSERT of a turn with the triggers, and without them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import cycle
from operator import sub, truediv
from typing import Any

import asyncpg

from benchmarks.durable.slices import per_second
from benchmarks.measure import Contender, Spread, by_round, take_turns
from benchmarks.report import Line, Report, spread_cells
from benchmarks.views import processor
from benchmarks.views.rows import FOLLOWED, STILL, follow, session, some_users, start_afresh, user
from clone_cqrs.messages import uuid7
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

TOUCHED = ("conversation_session_summary", "user_statistics")
"""The views that a turn is part of."""

WITHOUT, WITH = "without triggers", "with triggers"
_QUESTION, _ANSWER, _COST = "A question of some length", "And its answer", Decimal("0.01")
_INSERT = statement("clone_cqrs.domain.conversations", "insert_turn")
_INSERT_MANY = """
INSERT INTO conversation_turns (id, session_id, timestamp, user_transcript, system_response, latency_ms, cost)
SELECT new.id, new.session_id, $3, 'A question of some length', 'And its answer', 5, 0.01
FROM unnest($1::uuid[], $2::uuid[]) AS new (id, session_id)
"""
_COLUMNS = (f"{WITHOUT}, us", f"{WITH}, us", "ratio", "goal", f"processor {WITHOUT}, us", f"processor {WITH}, us")
_AT_ONCE = 100
_CLIENTS = (1, 8)
_WARM_UP = 0.25  # of the time measured: switching triggers has every connection make its plans anew

Write = Callable[[], Awaitable[None]]


def single(database: Database, numbers: list[int]) -> Write:
    """One turn, each time of the next of these users."""
    following = cycle(numbers)

    async def write() -> None:
        number = next(following)
        now = datetime.now(UTC)
        await database.execute(_INSERT, uuid7(), user(number), session(number), now, _QUESTION, _ANSWER, 5, _COST, ())

    return write


def _many(database: Database, numbers: list[int]) -> Write:
    following = cycle(numbers)

    async def write() -> None:
        sessions = [session(next(following)) for _ in range(_AT_ONCE)]
        await database.execute(_INSERT_MANY, [uuid7() for _ in sessions], sessions, datetime.now(UTC))

    return write


async def measure(
    connection: asyncpg.Connection, dsn: str, users: int, rounds: int, seconds: float, step: Callable[[str], None]
) -> Report:
    """seconds: of each contender, in each round."""
    followed, postmaster = await connection.fetch(FOLLOWED), await processor.postmaster(connection)
    spread = some_users(users, lambda _: True, most=20_000)
    kinds: dict[str, tuple[Callable[[Database, list[int]], Write], list[int], str]] = {
        "one row, spread over keys": (single, spread, "at most 1.20"),
        "one row, one hot key": (single, [STILL], ""),
        f"{_AT_ONCE} rows, spread over keys": (_many, spread, ""),
    }
    lines = []
    async with Database.open(dsn, min_connections=max(_CLIENTS), max_connections=max(_CLIENTS)) as database:
        for kind, (make, numbers, goal) in kinds.items():
            for clients in _CLIENTS:
                write = make(database, numbers)
                await connection.execute("CHECKPOINT")

                used: dict[str, list[float]] = {WITHOUT: [], WITH: []}

                def contender(on: str, write: Write = write, clients: int = clients, used: Any = used) -> Contender:
                    async def microseconds(_round: int) -> float:
                        await follow(connection, followed, on=on == WITH)
                        await per_second([write] * clients, _WARM_UP * seconds)
                        before = processor.seconds(postmaster)
                        rate = await per_second([write] * clients, seconds)
                        used[on].append(1e6 * (processor.seconds(postmaster) - before) / (rate * seconds))
                        return 1e6 / rate

                    return microseconds

                name = f"{kind}, {clients} client{'s' if clients > 1 else ''}"
                contenders = {on: contender(on) for on in (WITHOUT, WITH)}
                taken = await take_turns(contenders, rounds=rounds, step=partial(_told, step, f"{users:,} users: {name}"))
                lines.append(_line(name, taken, used, goal))
    await follow(connection, followed)
    await start_afresh(connection, TOUCHED)
    note = (
        "The clone's own statement, which locks the session, through `Database`; each its own transaction, fsync on. Time "
        "divided by statements, once plans are made; medians and quartiles of "
        f"{rounds} rounds of {seconds:g} s. Processor time is the server's."
    )
    return Report(f"inserting turns, {users:,} users", _COLUMNS, lines, note)


def steps(rounds: int) -> int:
    """How often `measure` calls `step`."""
    return 3 * len(_CLIENTS) * rounds * 2


def _told(step: Callable[[str], None], name: str, contender: str) -> None:
    step(f"{name}, {contender}")


def _line(name: str, taken: dict[str, list[float]], used: dict[str, list[float]], goal: str) -> Line:
    us = {contender: Spread.of(figures) for contender, figures in taken.items()}
    ratio = Spread.of(by_round(taken[WITH], taken[WITHOUT], truediv))
    added = Spread.of(by_round(taken[WITH], taken[WITHOUT], sub))
    server = {contender: Spread.of(figures) for contender, figures in used.items()}
    cells = [f"{us[WITHOUT].median:,.0f}", f"{us[WITH].median:,.0f}", spread_cells(ratio, 2), goal]
    cells += [f"{server[on].median:,.0f}" for on in (WITHOUT, WITH)]
    figures = {"without_us": us[WITHOUT], "with_us": us[WITH], "ratio": ratio, "added_us": added}
    return Line(name, cells, figures | {"processor_without_us": server[WITHOUT], "processor_with_us": server[WITH]})
