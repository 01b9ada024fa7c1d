"""How long the outcomes of commands are kept: whoever executes commands forgets the old ones, now and then."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import timedelta
from typing import Final

from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.telemetry import get_logger
from clone_cqrs.telemetry.context import unbound

DEFAULT_KEEP: Final = timedelta(days=30)
_PURGE = statement("clone_cqrs.commands", "purge_records")
_BATCH: Final = 5_000
_EVERY_S: Final = 3_600.0
_log = get_logger(__name__)


class RecordKeeping:
    """Deletes records older than `keep`, in small batches beside the commands, about once an hour and process."""

    def __init__(self, database: Database, keep: timedelta) -> None:
        if keep <= timedelta(0):
            raise ValueError("keep_records: a time longer than 0; within it a command id tells a repetition")
        self._database = database
        self._keep = keep
        # Not at once: a process that lives for one command should not pay for the others.
        self._next = time.monotonic() + _EVERY_S * random.uniform(0.01, 1.0)
        self._task: asyncio.Task[int] | None = None

    def tick(self) -> None:
        """A command was committed. Costs a comparison."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S * random.uniform(0.75, 1.25)
            self._task = asyncio.create_task(self._quietly(), context=unbound())

    async def purge(self) -> int:
        """Delete what is older than `keep`. Returns how many records went. Locks: their rows, a batch at a time."""
        gone = 0
        while True:
            async with self._database.acquire() as connection:
                deleted: int = await connection.fetchval(_PURGE, self._keep, _BATCH)
            gone += deleted
            if deleted < _BATCH:
                return gone

    async def _quietly(self) -> int:
        try:
            return await self.purge()
        except Exception as error:
            # The next hour tries again; keeping records for longer harms nobody.
            _log.warning("purge_of_command_records_failed", error=type(error).__name__)
            return 0
