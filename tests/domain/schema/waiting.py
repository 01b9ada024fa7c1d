"""Waiting for another connection's lock wait, with a deadline."""

import asyncio

from tests.domain.schema.rows import Connection

DEADLINE_S = 30.0


async def wait_until_blocked(observer: Connection, waiting_pid: int, by: int) -> None:
    """Wait until the backend `waiting_pid` waits for a lock that the backend `by` holds; TimeoutError at the deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if await observer.fetchval("SELECT $2 = ANY (pg_blocking_pids($1))", waiting_pid, by):
                return
            await asyncio.sleep(0.01)
