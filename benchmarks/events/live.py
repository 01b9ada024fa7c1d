"""Milliseconds from a command's commit to the handler, at a steady rate of commands, in one process or across two."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

from benchmarks.durable.workload import NAME, TIER, WithoutHashing
from benchmarks.events.witness import Witness
from clone_cqrs.commands import CommandBus
from clone_cqrs.domain.users.commands import CreateUserCommand
from clone_cqrs.events import EventSubscriber
from clone_cqrs.events.reading import log_head
from clone_cqrs.messages import uuid7
from clone_cqrs.postgres import Database


@dataclass(frozen=True)
class Live:
    """delays_ms: sorted, one per command, from the moment `execute` returned to the moment the handler was called; negative
    where the handler was first. fault: why the run does not count."""

    delays_ms: list[float]
    commands_per_second: float
    fault: str | None

    def percentile(self, share: float) -> float:
        return self.delays_ms[min(len(self.delays_ms) - 1, int(len(self.delays_ms) * share))]


async def one_process(dsn: str, *, rate: int, seconds: float) -> Live:
    """Commands and subscription in this process."""
    async with Database.open(dsn, min_connections=8) as database:
        witness = Witness()
        subscriber = EventSubscriber(database, f"live {uuid7()}", start="end")
        subscriber.on("*", witness)
        async with subscriber:
            first = await log_head(database)
            committed, took = await _send(database, rate, seconds)
            await subscriber.wait_until(max(committed), 30)
        logged = await _logged(database, first)
    moments = dict(zip(witness.positions, witness.moments, strict=True))
    return _live(committed, moments, witness.fault(logged), took)


async def two_processes(dsn: str, *, rate: int, seconds: float) -> Live:
    """Commands here, the subscription in another process; both read the machine's one monotonic clock."""
    async with Database.open(dsn, min_connections=8) as database, _follower(dsn) as follower:
        assert follower.stdin is not None
        assert follower.stdout is not None
        await follower.stdout.readline()
        first = await log_head(database)
        committed, took = await _send(database, rate, seconds)
        logged = await _logged(database, first)
        follower.stdin.write(f"{max(committed)}\n".encode())
        seen = json.loads(await follower.stdout.readline())
    witness = Witness()
    witness.positions.extend(position for position, _ in seen["seen"])
    witness.inverted = seen["inverted"]
    return _live(committed, dict(seen["seen"]), witness.fault(logged), took)


async def _send(database: Database, rate: int, seconds: float) -> tuple[dict[int, float], float]:
    """`rate` commands a second, whether or not the earlier ones have ended; returns when each position was committed."""
    bus = CommandBus(database=database)
    bus.register(CreateUserCommand, WithoutHashing(database))
    committed: dict[int, float] = {}

    async def create_user() -> None:
        user_id = str(uuid7())
        result = await bus.execute(
            CreateUserCommand(
                payload={
                    "user_id": user_id,
                    "email": f"{user_id}@example.com",
                    "name": NAME,
                    "password": "correct horse battery",
                    "subscription_tier": TIER,
                },
                user_id="system",
            )
        )
        now = time.perf_counter()
        assert result.success, result.error
        committed[result.events[-1].position or 0] = now

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in count():
            due = began + number / rate
            if due - began > seconds:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(create_user())
    return committed, time.perf_counter() - began


def _live(committed: dict[int, float], moments: dict[int, float], fault: str | None, took: float) -> Live:
    delays = sorted((moments[position] - moment) * 1000 for position, moment in committed.items() if position in moments)
    return Live(delays, len(committed) / took, fault)


async def _logged(database: Database, after: int) -> set[int]:
    return {row["position"] for row in await database.fetch("SELECT position FROM cqrs.event WHERE position > $1", after)}


@asynccontextmanager
async def _follower(dsn: str) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.events.live", dsn),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 26,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _follow(dsn: str) -> None:
    """The other process: says that it is ready, and after a line with a position what it saw up to there."""
    async with Database.open(dsn) as database:
        witness = Witness()
        subscriber = EventSubscriber(database, f"live {uuid7()}", start="end")
        subscriber.on("*", witness)
        async with subscriber:
            print("ready", flush=True)
            upto = int(await asyncio.to_thread(sys.stdin.readline))
            await subscriber.wait_until(upto, 30)
        seen = list(zip(witness.positions, witness.moments, strict=True))
        print(json.dumps({"seen": seen, "inverted": witness.inverted}), flush=True)


if __name__ == "__main__":
    try:
        import uvloop
    except ImportError:
        asyncio.run(_follow(sys.argv[1]))
    else:
        uvloop.run(_follow(sys.argv[1]))
