"""Waiting for what the server shows, with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

DEADLINE_S = 60.0

_WAITERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = $1
"""


async def until(condition: Callable[[], Awaitable[Any]]) -> None:
    """Wait until `condition` holds; TimeoutError at the deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.01)


async def until_waiting(observer: Any, locktype: str = "advisory", waiters: int = 1) -> None:
    """Wait until so many backends of the observer's database wait for a lock of this type."""

    async def waiting() -> bool:
        # Inside a transaction of the observer's the view would not change any more.
        await observer.execute("SELECT pg_stat_clear_snapshot()")
        count: int = await observer.fetchval(_WAITERS, locktype)
        return count >= waiters

    await until(waiting)
