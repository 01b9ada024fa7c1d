"""`python -m benchmarks alternatives`: other ways to do a command's transaction, all through pgbench (decision 0005)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from operator import truediv

from benchmarks.durable.pgbench import (
    AS_BUILT,
    BEGIN_AND_CLAIM,
    COMMAND_ID,
    COMMIT,
    EVENT,
    INSERT,
    RECORD,
    RECORDED,
    USER_ID,
    commands_per_second,
)
from benchmarks.durable.server import Server, checkpoint, database, server
from benchmarks.measure import Contender, Spread, by_round, take_turns
from benchmarks.report import Line, Report, spread_cells

_COLUMNS = ("round trips", "commands/s", "of the way taken")
_TAKEN = "as built"
_CLAIM = f"SELECT FROM cqrs.claim_command({COMMAND_ID});"
_APPEND = f"SELECT positions, versions FROM cqrs.append_events({', '.join(('NULL',) * 6)}, {EVENT});"
_RECORD_COLUMNS = 'command_id, command_type, user_id, fingerprint, data, "timestamp"'
_RECORD = f"INSERT INTO cqrs.command ({_RECORD_COLUMNS}) VALUES ({RECORDED});"
_RESERVE = f"INSERT INTO cqrs.command ({_RECORD_COLUMNS}) VALUES ({RECORDED}) ON CONFLICT DO NOTHING;"
_FILL = f"UPDATE cqrs.command SET position = 1, data = json_build_object('userId', {USER_ID}) WHERE command_id = {COMMAND_ID};"

_WAYS: dict[str, tuple[int, str, Sequence[str]]] = {
    _TAKEN: (4, "prepared", AS_BUILT),
    "BEGIN and the claim apart": (5, "prepared", ("BEGIN;", _CLAIM, INSERT, RECORD, COMMIT)),
    "events and record in two statements": (5, "prepared", (BEGIN_AND_CLAIM, INSERT, _APPEND, _RECORD, COMMIT)),
    "the record first, filled in at the end": (
        5,
        "prepared",
        (BEGIN_AND_CLAIM.replace(_CLAIM, _RESERVE), INSERT, _APPEND, _FILL, COMMIT),
    ),
    "no idempotency": (4, "prepared", ("BEGIN;", INSERT, _APPEND, COMMIT)),
    "NOTIFY in the transaction": (
        4,
        "prepared",
        (BEGIN_AND_CLAIM, INSERT, RECORD, "\\startpipeline", "NOTIFY cqrs_event;", COMMIT, "\\endpipeline"),
    ),
    "simple protocol throughout": (4, "simple", (f"BEGIN\\; {_CLAIM}", INSERT, RECORD, COMMIT)),
    "all in one round trip": (
        1,
        "prepared",
        ("\\startpipeline", "BEGIN;", _CLAIM, INSERT, RECORD, COMMIT, "\\endpipeline"),
    ),
}


async def run(
    *, versions: Sequence[str], in_flight: Sequence[int], rounds: int, seconds: float, step: Callable[[str], None]
) -> list[Report]:
    """seconds: of each way, in each round."""
    reports = []
    for version in versions:
        with server(version) as running:
            for many in in_flight:
                reports.append(await _compare(running, many, rounds, seconds, step))
    return reports


def steps(versions: Sequence[str], in_flight: Sequence[int], rounds: int) -> int:
    """How often `run` calls `step`."""
    return len(versions) * len(in_flight) * rounds * len(_WAYS)


async def _compare(on: Server, in_flight: int, rounds: int, seconds: float, step: Callable[[str], None]) -> Report:
    numbers = count(1)
    async with database(on) as name:

        def contender(protocol: str, script: Sequence[str]) -> Contender:
            async def once(_round: int) -> float:
                await checkpoint(on)
                return await commands_per_second(
                    on, name, in_flight=in_flight, seconds=seconds, number=next(numbers), script=script, protocol=protocol
                )

            return once

        ways = {way: contender(protocol, script) for way, (_trips, protocol, script) in _WAYS.items()}
        figures = await take_turns(ways, rounds=rounds, step=step)
    lines = [_line(way, figures) for way in _WAYS]
    note = (
        f"pgbench, PostgreSQL {on.version}, fsync on, Unix socket; medians and quartiles of {rounds} rounds of {seconds:g} s."
    )
    return Report(f"alternatives, {in_flight} in flight, PostgreSQL {on.version}", _COLUMNS, lines, note)


def _line(way: str, figures: dict[str, list[float]]) -> Line:
    rate = Spread.of(figures[way], best=max)
    ratio = Spread.of(by_round(figures[way], figures[_TAKEN], truediv), best=max)
    cells = [str(_WAYS[way][0]), spread_cells(rate, 0), "1" if way == _TAKEN else spread_cells(ratio, 2)]
    return Line(way, cells, {"commands_per_second": rate, "ratio": ratio, "round_trips": _WAYS[way][0]})
