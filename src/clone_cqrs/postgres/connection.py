"""The connection class of the pool: asyncpg's own, which can begin and commit in fewer round trips."""

from __future__ import annotations

import asyncpg


class CommandConnection(asyncpg.Connection):
    """asyncpg's connection, plus a transaction whose BEGIN travels together with its first statement.

    asyncpg refuses `connection.transaction()` in a transaction that it did not begin itself; a handler may use it for
    savepoints, so the outer transaction is made known to it.
    """

    __slots__ = ("_lent", "_limits")

    @property
    def limits(self) -> str:
        """Statements that set the limits of a transaction inside it; empty where the session has them."""
        return getattr(self, "_limits", "")

    @limits.setter
    def limits(self, statements: str) -> None:
        self._limits = statements

    def lend(self) -> None:
        """It goes into a caller's own hands, who may change the session: `reset_if_lent` undoes that."""
        self._lent = True

    def was_lent(self) -> bool:
        """Whether a caller has had it in his own hands since it was last reset."""
        return getattr(self, "_lent", False)

    async def reset_if_lent(self) -> None:
        """Make the session as it was in the beginning. Costs a round trip, and only where a caller had the connection."""
        if self.was_lent():
            self._lent = False
            await self.reset()

    async def begin_with(self, statement: str) -> str:
        """BEGIN and one statement without parameters in one round trip. Returns the statement's status, as "SELECT 1"."""
        self._top_xact = self.transaction()
        status: str = await self.execute(f"BEGIN ISOLATION LEVEL READ COMMITTED; {self.limits}{statement}")
        return status

    async def end_with(self, statement: str) -> None:
        """COMMIT or ROLLBACK."""
        self._top_xact = None  # type: ignore[assignment]  # asyncpg's own idle value
        await self.execute(statement)


def is_gone(connection: asyncpg.Connection) -> bool:
    """Whether a connection was lost or closed. The pool takes a closed one back at once, and it answers no more questions."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


def discard(connection: asyncpg.Connection) -> None:
    """Close a connection without a word to the server, if it is not gone already."""
    if not is_gone(connection):
        connection.terminate()
