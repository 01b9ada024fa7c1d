"""`python -m benchmarks http`: requests a second through the product's addresses, of a bare FastAPI endpoint's."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from itertools import count
from operator import truediv
from uuid import uuid4

from benchmarks.durable.server import Server, checkpoint, database
from benchmarks.durable.server import server as postgres
from benchmarks.durable.workload import NAME, PASSWORD_HASH, TIER
from benchmarks.http.servers import SETTINGS, server
from benchmarks.http.wrk import Load, load
from benchmarks.measure import Contender, Spread, by_round, take_turns
from benchmarks.report import Line, Report, spread_cells
from clone_cqrs.http import issue_token
from clone_cqrs.postgres import Database

_USERS = 500
_CONNECTIONS = 16
_GOAL = "0.8"
_NEW_USER = f'{{"email":"NEW@example.com","name":"{NAME}","password":"correct horse battery","subscriptionTier":"{TIER}"}}'

# By table: what is asked, and by line: which server, and the goal.
_BARE = "FastAPI, by hand"
_TABLES = {
    "POST /commands/user.create": {_BARE: "bare", "clone_cqrs.http": "product"},
    "POST /queries/user.get": {_BARE: "bare", "clone_cqrs.http, a miss": "uncached", "clone_cqrs.http, a hit": "product"},
}


async def run(*, versions: Sequence[str], rounds: int, seconds: float, step: Callable[[str], None]) -> list[Report]:
    """seconds: of each line, in each round; whole ones."""
    reports = []
    for version in versions:
        with postgres(version) as running:
            reports += await _compare(running, rounds, seconds, step)
    return reports


def steps(versions: Sequence[str], rounds: int) -> int:
    """How often `run` calls `step`."""
    return len(versions) * rounds * sum(map(len, _TABLES.values()))


async def _compare(on: Server, rounds: int, seconds: float, step: Callable[[str], None]) -> list[Report]:
    cores = sorted(os.sched_getaffinity(0))
    serving, loading = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    token = issue_token(SETTINGS, "system", roles=["system", "admin"])
    seeds = count(1)
    reports = []
    async with AsyncExitStack() as opened:
        name = await opened.enter_async_context(database(on))
        users = await _users(on.dsn(name))
        bodies = {"commands": [_NEW_USER], "queries": [f'{{"userId":"{user}"}}' for user in users]}
        names = ("bare", "product", "uncached")
        addresses = {each: await opened.enter_async_context(server(each, on.dsn(name), core=serving)) for each in names}
        for title, lines in _TABLES.items():
            path = title.removeprefix("POST ")
            latencies: dict[str, list[float]] = {line: [] for line in lines}

            async def asked(
                contender: str, line: str, path: str = path, latencies: dict[str, list[float]] = latencies
            ) -> float:
                await checkpoint(on)
                found: Load = await load(
                    addresses[contender] + path,
                    bodies[path.split("/")[1]],
                    token,
                    connections=_CONNECTIONS,
                    seconds=seconds,
                    seed=next(seeds),
                    core=loading,
                )
                latencies[line].append(found.p99_ms)
                return found.per_second

            def turn(contender: str, line: str, asked: Callable[[str, str], object] = asked) -> Contender:
                return lambda _round: asked(contender, line)  # type: ignore[return-value]

            contenders = {line: turn(contender, line) for line, contender in lines.items()}
            figures = await take_turns(contenders, rounds=rounds, step=step)
            reports.append(_report(title, on.version, figures, latencies, rounds, seconds, pinned=serving is not None))
    return reports


def _report(
    title: str,
    version: str,
    figures: dict[str, list[float]],
    latencies: dict[str, list[float]],
    rounds: int,
    seconds: float,
    *,
    pinned: bool,
) -> Report:
    lines = []
    for name, found in figures.items():
        rate = Spread.of(found, best=max)
        ratio = Spread.of(by_round(found, figures[_BARE], truediv), best=max)
        p99 = Spread.of(latencies[name])
        cells = [
            spread_cells(rate, 0),
            "1" if name == _BARE else spread_cells(ratio, 2),
            "" if name == _BARE else _GOAL,
            spread_cells(p99, 1),
        ]
        lines.append(Line(name, cells, {"requests_per_second": rate, "ratio": ratio, "p99_ms": p99}))
    where = "server and load on a core each" if pinned else "server and load on one core"
    note = (
        f"wrk, {_CONNECTIONS} connections; one uvicorn process each, {where}; PostgreSQL {version}, fsync on, Unix socket; "
        f"medians and quartiles of {rounds} rounds of {seconds:g} s. By hand there is no token to verify and no cache."
    )
    return Report(f"{title}, PostgreSQL {version}", ("requests/s", "of FastAPI", "goal", "p99, ms"), lines, note)


async def _users(dsn: str) -> list[str]:
    """The ids of so many users."""
    ids = [uuid4() for _ in range(_USERS)]
    async with Database.open(dsn) as opened:
        await opened.execute(
            "INSERT INTO users (id, email, name, password_hash, subscription_tier, created_at, updated_at) "
            "SELECT id, id || '@example.com', 'Ada', $2, 'free', now(), now() FROM unnest($1::uuid[]) id",
            ids,
            PASSWORD_HASH,
        )
    return [str(each) for each in ids]
