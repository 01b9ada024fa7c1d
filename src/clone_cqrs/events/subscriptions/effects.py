"""The transaction of exactly-once deliveries: effects and checkpoint together, on a connection that no command waits for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clone_cqrs.postgres.ambient import AmbientTransaction
from clone_cqrs.postgres.connection import CommandConnection, is_gone
from clone_cqrs.postgres.database import Database


class Effects:
    """One connection outside of the pool, with its time limits, opened when it is needed, and again after it was lost.

    session_ended: whether the server, or the network, ended the session inside the last transaction that failed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: CommandConnection | None = None
        self.session_ended = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[CommandConnection]:
        """A transaction that `fetch` and the others of the database join, in this task.

        BEGIN, COMMIT and ROLLBACK are each given the time in which a living server answers, and the transaction is as undone
        where they fail. Raises: what the body raises; StorageUnavailableError, TimeoutError, asyncpg's error.
        """
        connection = self._connection
        if connection is None or is_gone(connection):
            connection = self._connection = await self._database.connect(bounded=True)
        self.session_ended = False
        usable = False
        try:
            async with asyncio.timeout(self._database.answer_within):
                await connection.begin_with("SELECT")
            connection.lend()
            ambient = AmbientTransaction(self._database, connection)
            try:
                yield connection
            except Exception:
                usable = await self._rolled_back(connection)
                self.session_ended = not usable
                raise
            finally:
                ambient.close()
            async with asyncio.timeout(self._database.answer_within):
                await connection.end_with("COMMIT")
            usable = True
        finally:
            if usable:
                await self._reset(connection)
            else:
                self.close()

    def close(self) -> None:
        """Let it go, and undo what is under way; a later use opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _rolled_back(self, connection: CommandConnection) -> bool:
        try:
            async with asyncio.timeout(self._database.answer_within):
                await connection.end_with("ROLLBACK")
        except Exception:
            return False
        return True

    async def _reset(self, connection: CommandConnection) -> None:
        """Undo what handlers did to the session. A session that cannot be reset is not used again."""
        try:
            async with asyncio.timeout(self._database.answer_within):
                await connection.reset_if_lent()
        except Exception:
            self.close()
