"""A connection of one's own: commands that queue for the pool must not keep a worker from its log or its lease, nor news of a
commit from other processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from clone_cqrs.postgres.database import Database


class OwnConnection:
    """One connection outside of the pool, opened when it is needed, and again after it was lost.

    One use at a time, each within the time in which a living server answers: a network that went away without a word is an
    outage like any other.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: asyncpg.Connection | None = None
        self._free = asyncio.Lock()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        """The connection. Raises: StorageUnavailableError; TimeoutError where the server does not answer."""
        async with self._free:
            if self._connection is None:
                self._connection = await self._database.connect()
            done = False
            try:
                async with asyncio.timeout(self._database.answer_within):
                    yield self._connection
                done = True
            finally:
                if not done:
                    # Also after a failed statement: a new connection costs less than to know what became of this one.
                    self.close()

    def close(self) -> None:
        """Let it go; a later use opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
