"""One connection outside of the pool, for a reader that must not stand in line behind handlers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from clone_cqrs.postgres.connection import discard, is_gone
from clone_cqrs.postgres.database import Database


class OwnConnection:
    """Opened when it is first used, and again after any failure. For one task: two uses at once are refused by asyncpg."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: asyncpg.Connection | None = None

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        """The connection. Raises: StorageUnavailableError where it cannot be opened."""
        if self._connection is None or is_gone(self._connection):
            self._connection = await self._database.connect()
        try:
            yield self._connection
        except BaseException:
            # Whatever failed, the next use starts afresh: this one may wait for an answer that never comes.
            self.close()
            raise

    def close(self) -> None:
        """Let it go, without a word to the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            discard(connection)
