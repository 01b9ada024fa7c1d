"""Running many at once for a given time, and counting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from benchmarks.measure import collector_at_rest


async def per_second(workers: Sequence[Callable[[], Awaitable[None]]], seconds: float) -> float:
    """Each worker again and again, all at once, until the time is over: calls a second, all together."""
    done = 0
    deadline = 0.0

    async def again_and_again(work: Callable[[], Awaitable[None]]) -> None:
        nonlocal done
        while time.perf_counter() < deadline:
            await work()
            done += 1

    with collector_at_rest():
        started = time.perf_counter()
        deadline = started + seconds
        await asyncio.gather(*(again_and_again(work) for work in workers))
        return done / (time.perf_counter() - started)
