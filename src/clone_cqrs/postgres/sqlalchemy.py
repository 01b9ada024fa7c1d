"""SQLAlchemy's AsyncSession inside a command's transaction, for handlers that work with mapped classes; see decision 0012."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import NullPool

from clone_cqrs.errors import ConflictError, TransactionScopeError
from clone_cqrs.postgres.ambient import AmbientTransaction, ambient_transaction, surrounding_transaction
from clone_cqrs.postgres.connection import is_gone
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.errors import without_values


@asynccontextmanager
async def session(database: Database, **options: Any) -> AsyncIterator[AsyncSession]:
    """A session on the ambient transaction's own connection; outside of a command, in a transaction of its own.

    What it did is flushed when the block ends, and becomes final when the command commits; `session.commit()` ends a savepoint,
    no more. When the block raises, what it did is undone, also if the error is caught and the command goes on. It belongs to
    the task that opened it. options: of AsyncSession; objects do not expire at the end, unless `expire_on_commit` says so.

    Raises: the driver's errors as `database.execute` does, so that they come to the same outcomes (ConflictError,
    DomainRuleError, a retry), without SQLAlchemy's text around them, which quotes values; ConflictError where a row's version
    counter has moved on; TransactionScopeError in another task.
    """
    # A savepoint of our own around SQLAlchemy's: one that is cancelled in the middle of a statement drops its connection, and
    # undoes nothing.
    async with database.transaction():
        try:
            async with AsyncSession(database.companion(_Engine).engine, **{"expire_on_commit": False, **options}) as opened:
                yield opened
                await opened.commit()
        except DBAPIError as error:
            driver_error = getattr(error.orig, "__cause__", None)
            if not isinstance(driver_error, (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
                raise
            without_values(driver_error)
            raise driver_error from None
        except StaleDataError:
            raise ConflictError("a row has changed since it was read") from None


class _Engine:
    """One for a database: what SQLAlchemy learns about the server, and the statements that it compiled, serve all sessions."""

    def __init__(self, database: Database) -> None:
        async def borrow() -> _BorrowedConnection:
            ambient = ambient_transaction()
            if ambient is None or ambient.database is not database:
                raise TransactionScopeError("a session works inside `async with session(database)` alone")
            return _BorrowedConnection(ambient)

        self.engine = create_async_engine(
            f"postgresql+{_DRIVER}://", async_creator=borrow, poolclass=NullPool, hide_parameters=True
        )
        for name in ("before_cursor_execute", "commit"):
            event.listen(self.engine.sync_engine, name, _check_task)


def _check_task(connection: Connection, *_statement: Any) -> None:
    # What is prepared already does not come by the borrowed connection again.
    borrowed = connection.connection.driver_connection
    assert isinstance(borrowed, _BorrowedConnection)
    borrowed.check()


class _BorrowedConnection:
    """The connection of a transaction, for as long as this task may use it. It is not SQLAlchemy's to close."""

    def __init__(self, ambient: AmbientTransaction) -> None:
        self._ambient = ambient

    def check(self) -> None:
        """Raises: TransactionScopeError where the transaction does not surround this code, or is over."""
        if surrounding_transaction() is not self._ambient:
            raise TransactionScopeError("this session belongs to a transaction of another task")
        self._ambient.check()

    def __getattr__(self, name: str) -> Any:
        self.check()
        return getattr(self._ambient.connection, name)

    def is_closed(self) -> bool:
        return is_gone(self._ambient.connection)

    async def close(self, timeout: float | None = None) -> None:
        """Nothing: it goes on with the command."""

    def terminate(self) -> None:
        """Nothing: whoever began the transaction finds out what became of it."""


class _Dialect(PGDialect_asyncpg):
    """asyncpg's, but leaves the connection's codecs as they are: everybody else who uses it relies on them."""

    supports_statement_cache = True
    supports_native_json_deserialization = False
    dialect_injects_custom_json_deserializer = False

    def on_connect(self) -> None:
        return None


_DRIVER = "clone_cqrs"
registry.register(f"postgresql.{_DRIVER}", __name__, _Dialect.__name__)
