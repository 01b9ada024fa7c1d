"""`python -m benchmarks import`: commands a second of `clone-cqrs import` on the sample file."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.durable.server import Server, server
from benchmarks.measure import Spread
from benchmarks.report import Line, Report, spread_cells

SAMPLE = Path(__file__).parents[1] / "examples" / "data" / "clone-commands.jsonl"
_COLUMNS = ("seconds", "commands/s")
_FIRST, _AGAIN = "an empty database", "the same file again: every outcome is replayed"
_PROGRAM = "from clone_cqrs.cli import main; main()"


async def run(*, versions: Sequence[str], rounds: int, step: Callable[[str], None]) -> list[Report]:
    """Each round a process of its own on a database of its own, and a second process on the same."""
    return [await _on(version, rounds, step) for version in versions]


def steps(versions: Sequence[str], rounds: int) -> int:
    """How often `run` calls `step`."""
    return len(versions) * rounds * 2


async def _on(version: str, rounds: int, step: Callable[[str], None]) -> Report:
    seconds: dict[str, list[float]] = {_FIRST: [], _AGAIN: []}
    counts: dict[str, Any] = {}
    with server(version) as running:
        for _ in range(rounds):
            name = f"import_{uuid.uuid4().hex[:12]}"
            await _execute(running, f"CREATE DATABASE {name}")
            for way, taken in seconds.items():
                elapsed, counts[way] = await _import(running.dsn(name))
                taken.append(elapsed)
                step(way)
            await _execute(running, f"DROP DATABASE {name} WITH (FORCE)")
    lines = [_line(way, taken, counts[way]["lines"]) for way, taken in seconds.items()]
    first = counts[_FIRST]
    note = (
        f"PostgreSQL {version}, fsync on; {rounds} rounds; the whole process, from its start through migrating, "
        f"{first['lines']:,} lines of which {first['executed']:,} are executed, and refreshing the views. Hashing the "
        "passwords of new users is in it."
    )
    return Report(f"import, PostgreSQL {version}", _COLUMNS, lines, note)


def _line(way: str, seconds: list[float], commands: int) -> Line:
    taken = Spread.of(seconds)
    rate = Spread.of([commands / each for each in seconds], best=max)
    return Line(way, [spread_cells(taken, 1), spread_cells(rate, 0)], {"seconds": taken, "commands_per_second": rate})


async def _import(dsn: str) -> tuple[float, dict[str, Any]]:
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PROGRAM, "import", str(SAMPLE), "--dsn", dsn, "--json"),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    elapsed = time.perf_counter() - started
    if process.returncode != 0:
        raise RuntimeError(f"the import failed:\n{errors.decode()}")
    found: dict[str, Any] = json.loads(output)
    return elapsed, found


async def _execute(on: Server, statement: str) -> None:
    connection = await asyncpg.connect(on.dsn("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
