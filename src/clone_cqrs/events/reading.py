"""Reading the settled log to its end, with some patience at a gap."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import asyncpg

from clone_cqrs.events.settled import SettledReader
from clone_cqrs.postgres.database import Database

GAP_TIMEOUT_S: Final = 1.0
_PAUSE_S = 0.002
_HEAD: Final = "SELECT coalesce(max(position), 0) FROM cqrs.event"


async def log_head(database: Database) -> int:
    """The highest position that is committed, settled or not; 0 for an empty log."""
    head: int = await database.fetch_value(_HEAD)
    return head


async def next_settled(
    reader: SettledReader, limit: int, types: list[str] | None = None, gap_timeout: float = GAP_TIMEOUT_S
) -> list[asyncpg.Record]:
    """The next rows that are settled; empty at the end of the log, or after waiting so long for writers at a gap.

    A number that was rolled back long ago is a gap like any other: without waiting, a busy log could not be read past it.
    """
    deadline: float | None = None
    while not (rows := await reader.read(limit, types)):
        if reader.waits_for_writers:
            if deadline is None:
                deadline = time.monotonic() + gap_timeout
            if time.monotonic() >= deadline:
                return []
            await asyncio.sleep(_PAUSE_S)
        elif deadline is None:
            return []
        else:
            # The server was started anew while this waited: whoever it waited for is gone.
            deadline = None
    return rows


async def settle_within(reader: SettledReader, upto: int, gap_timeout: float = GAP_TIMEOUT_S) -> bool:
    """Make sure that nothing up to a position seen committed can still appear; False where that takes longer."""
    deadline = time.monotonic() + gap_timeout
    await reader.settle(upto)
    while reader.checkpoint < upto:
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(_PAUSE_S)
        await reader.settle(upto)
    return True
