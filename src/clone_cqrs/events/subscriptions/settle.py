"""Where the log ends now: the position from which on a new subscription hears of every later commit."""

from __future__ import annotations

import asyncio

from clone_cqrs.events.reading import log_head
from clone_cqrs.events.settled import SettledReader
from clone_cqrs.postgres.database import Database

_PAUSE_S = 0.005


async def settled_head(database: Database) -> int:
    """The highest position such that it and all before it are settled, once those who write at this moment have ended."""
    head = await log_head(database)
    if head == 0:
        return 0
    # From one before the head the reader has to prove that nothing below can still appear, unless nothing is missing.
    reader = SettledReader(database, 0)
    await reader.settle(head)
    while reader.waits_for_writers:
        await asyncio.sleep(_PAUSE_S)
        await reader.settle(head)
    return head
