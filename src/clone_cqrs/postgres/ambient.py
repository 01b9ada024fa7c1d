"""The ambient transaction: it belongs to one command, and to the task that runs its handler."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING

from clone_cqrs.errors import TransactionScopeError

if TYPE_CHECKING:
    from clone_cqrs.postgres.connection import CommandConnection
    from clone_cqrs.postgres.database import Database


class AmbientTransaction:
    """One open transaction, and who may use it. `close` ends the right, not the transaction."""

    __slots__ = ("_task", "_token", "connection", "database", "open")

    def __init__(self, database: Database, connection: CommandConnection) -> None:
        self.database = database
        self.connection = connection
        self.open = True
        self._task = asyncio.current_task()
        self._token: Token[AmbientTransaction | None] = _ambient.set(self)

    def close(self) -> None:
        """After this, whoever still holds the context (a child task) is told so."""
        self.open = False
        _ambient.reset(self._token)

    def check(self) -> None:
        """Raises: TransactionScopeError in another task, or after the end."""
        if not self.open:
            raise TransactionScopeError(
                "the transaction that this task was started in is over; effects after it belong in a subscription"
            )
        if asyncio.current_task() is not self._task:
            raise TransactionScopeError(
                "the ambient transaction belongs to the task that runs the handler; a task started inside cannot use it "
                "(one connection runs one statement at a time)"
            )


_ambient: ContextVar[AmbientTransaction | None] = ContextVar("clone_cqrs.ambient_transaction", default=None)


surrounding_transaction = _ambient.get
"""The transaction that surrounds this code, or None; does not ask whether the code may use it."""


def ambient_transaction() -> AmbientTransaction | None:
    """The transaction that surrounds this code, or None.

    Raises: TransactionScopeError where there is one that this code may not use.
    """
    ambient = _ambient.get()
    if ambient is not None:
        ambient.check()
    return ambient


def in_ambient_transaction() -> bool:
    """Whether a transaction of any database surrounds this code. Raises as ambient_transaction does."""
    return ambient_transaction() is not None
