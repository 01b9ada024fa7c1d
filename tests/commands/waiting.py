"""Waiting for what the server shows, with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

DEADLINE_S = 30.0

_WAITERS = """
SELECT count(*) FROM pg_locks
WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND locktype = $1
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
        count: int = await observer.fetchval(_WAITERS, locktype)
        return count >= waiters

    await until(waiting)
