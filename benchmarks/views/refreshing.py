"""What REFRESH takes: it costs the whole view, however little of it has changed."""

from __future__ import annotations

import time
from collections.abc import Callable

import asyncpg

from benchmarks.measure import Spread
from benchmarks.report import Line, Report, spread_cells
from benchmarks.views.rows import VIEWS, start_afresh

_PLAIN, _NOTHING, SOME = "plain", "concurrently, nothing changed", "concurrently, 1 % changed"
_HOW = (_PLAIN, _NOTHING, SOME)
# One row in a hundred of each view, by its number; another hundredth in each round.
_ONE_IN_A_HUNDRED = "('x' || right({id}::text, 8))::bit(32)::integer"
_CHANGES = (
    f"UPDATE users SET updated_at = clock_timestamp() WHERE {_ONE_IN_A_HUNDRED.format(id='id')} % 100 = $1",
    "UPDATE conversation_sessions SET tts_provider = clock_timestamp()::text"
    f" WHERE {_ONE_IN_A_HUNDRED.format(id='user_id')} % 100 = $1",
    f"UPDATE knowledge_documents SET title = clock_timestamp()::text WHERE {_ONE_IN_A_HUNDRED.format(id='id')} % 100 = $1",
    f"UPDATE voice_models SET sample_rate = sample_rate + 1 WHERE {_ONE_IN_A_HUNDRED.format(id='id')} % 100 = $1",
    f"UPDATE face_models SET keypoint_count = keypoint_count + 1 WHERE {_ONE_IN_A_HUNDRED.format(id='id')} % 100 = $1",
)


async def measure(connection: asyncpg.Connection, users: int, rounds: int, step: Callable[[str], None]) -> Report:
    """The six views, one after another."""
    seconds: dict[str, dict[str, list[float]]] = {view: {how: [] for how in _HOW} for view in VIEWS}
    for index in range(rounds):
        for how in _HOW:
            if how == SOME:
                for statement in _CHANGES:
                    # Even numbers, so that face models, which every other user has, are among them.
                    await connection.execute(statement, 4 + 2 * index % 90)
            for view, taken in seconds.items():
                concurrently = "" if how == _PLAIN else "CONCURRENTLY"
                began = time.perf_counter()
                await connection.execute(f"REFRESH MATERIALIZED VIEW {concurrently} {view}_view")
                taken[how].append(time.perf_counter() - began)
                step(f"{users:,} users: refresh {how}: {view}")
        await start_afresh(connection)
    lines = []
    for view, taken in seconds.items():
        rows = await connection.fetchval(f"SELECT count(*) FROM {view}_view")
        spreads = {how: Spread.of(found) for how, found in taken.items()}
        cells = [f"{rows:,}", *(spread_cells(spread, 2) for spread in spreads.values())]
        lines.append(Line(f"{view}_view", cells, {"rows": rows, **spreads}))
    columns = ("rows", *(f"{how}, s" for how in _HOW))
    note = f"REFRESH MATERIALIZED VIEW; medians and quartiles of {rounds} rounds."
    return Report(f"refresh, {users:,} users", columns, lines, note)


def steps(rounds: int) -> int:
    """How often `measure` calls `step`."""
    return rounds * len(_HOW) * len(VIEWS)
