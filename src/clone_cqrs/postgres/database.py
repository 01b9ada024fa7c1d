"""Database: the only place that opens connections."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from math import inf
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeVar, cast
from uuid import UUID

import asyncpg

from clone_cqrs.errors import StorageUnavailableError
from clone_cqrs.postgres.ambient import AmbientTransaction, ambient_transaction
from clone_cqrs.postgres.connection import CommandConnection
from clone_cqrs.postgres.errors import REFUSED, is_unavailable, sqlstate_of, unavailable
from clone_cqrs.postgres.migrate import TOOLKIT, Migrations, migrate
from clone_cqrs.postgres.pool import ConnectionPool, PoolUse

if TYPE_CHECKING:
    from clone_cqrs.messages import DomainEvent

T = TypeVar("T")
ENVIRONMENT_VARIABLE = "DATABASE_URL"
DIRECT_ENVIRONMENT_VARIABLE = "DATABASE_DIRECT_URL"
_NAME: Final = {"application_name": "clone-cqrs"}
_ATTEMPTS = 4
_FIRST_PAUSE_S = 0.1


class EmbeddedServer(Protocol):
    """A server that this process uses and lets go."""

    dsn: str

    async def close(self) -> None: ...


StartEmbedded = Callable[[Path | None], Awaitable[EmbeddedServer]]


class Database:
    """A PostgreSQL database: a pool of connections, the ambient transaction, migrations.

    Opened with `async with Database.open(dsn)`, or `start()` and `close()`. `fetch`, `fetch_one`, `fetch_value`, `execute`,
    `connection` and `transaction` join the ambient transaction inside a command's handler.
    """

    def __init__(
        self,
        dsn: str | None = None,
        *,
        direct_dsn: str | None = None,
        min_connections: int = 0,
        max_connections: int = 10,
        statement_timeout: float = 30.0,
        idle_in_transaction_timeout: float = 60.0,
        connect_timeout: float = 10.0,
        data_directory: Path | None = None,
        start_embedded: StartEmbedded | None = None,
    ) -> None:
        self._dsn = dsn
        self._direct_dsn = direct_dsn
        self._min_connections = min_connections
        self._max_connections = max_connections
        self._statement_timeout = statement_timeout
        self._idle_timeout = idle_in_transaction_timeout
        self._connect_timeout = connect_timeout
        self._data_directory = data_directory
        self._start_embedded = start_embedded
        self._embedded: EmbeddedServer | None = None
        self._pool: ConnectionPool | None = None
        self._users = 0
        self._database_id: UUID | None = None
        self._companions: dict[Any, Any] = {}
        self._commit_listeners: list[Callable[[Sequence[DomainEvent[Any]]], None]] = []
        self._close_listeners: list[Callable[[], Awaitable[None]]] = []

    @classmethod
    def open(cls, dsn: str | None = None, **settings: Any) -> Self:
        """A database to enter: `async with Database.open(dsn) as database`.

        dsn: postgres://...; None: the environment's DATABASE_URL, else the embedded server (in `data_directory`, by default
        a persistent one of this user). Settings, times in seconds: max_connections=10 and min_connections=0 of the pool;
        statement_timeout=30: the longest a single statement may run, and so the default timeout of commands and queries;
        idle_in_transaction_timeout=60: how long a handler may hold its transaction without a statement;
        connect_timeout=10; start_embedded: another way to an embedded server; direct_dsn: where `dsn` is that of a pooler that
        pools transactions (PgBouncer), the server's own, for migrations, workers and LISTEN. None: DATABASE_DIRECT_URL beside
        DATABASE_URL.
        """
        return cls(dsn, **settings)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Open the pool. Raises: StorageUnavailableError, with what can be done, when the server cannot be used.

        May be called again while open (an Application opens a database that somebody else opened already): as many `close`
        calls end it.
        """
        if self._users:
            self._users += 1
            return
        async with AsyncExitStack() as undo:
            dsn, direct_dsn = self._dsn, self._direct_dsn
            if not dsn:
                dsn = os.environ.get(ENVIRONMENT_VARIABLE)
                direct_dsn = direct_dsn or os.environ.get(DIRECT_ENVIRONMENT_VARIABLE)
            if not dsn:
                self._embedded = await self._open_embedded()
                undo.push_async_callback(self._close_embedded)
                dsn, direct_dsn = self._embedded.dsn, None
            self._direct = direct_dsn or dsn
            behind_a_pooler = direct_dsn is not None
            pool = await asyncpg.create_pool(
                dsn,
                min_size=0,
                max_size=self._max_connections,
                connection_class=CommandConnection,
                # The default reset costs a round trip each time a connection comes back.
                reset=_reset_if_lent,
                command_timeout=None,
                timeout=self._connect_timeout,
                **self._session_settings(behind_a_pooler),
            )
            self._pool = ConnectionPool(
                pool, self._max_connections, reset_within=self._connect_timeout, close_within=self.answer_within
            )
            undo.push_async_callback(self._close_pool)
            async with AsyncExitStack() as warm:
                for _ in range(max(1, self._min_connections)):
                    await warm.enter_async_context(self.acquire())
            undo.pop_all()
        self._users = 1

    async def close(self) -> None:
        """Close the pool; an embedded server stops when its last user has left.

        A connection that is in use is waited for, but no longer than a server that lives takes to answer.
        """
        if not self._users:
            return
        self._users -= 1
        if not self._users:
            try:
                for listener in reversed(self._close_listeners):
                    await listener()
            finally:
                await self._close_pool()
                await self._close_embedded()

    @property
    def dsn(self) -> str:
        """The DSN in use, never a pooler's. It may hold a password: never log it."""
        self._require_pool()
        return self._direct

    @property
    def idle_within(self) -> float:
        """Seconds after which the server ends a session that does nothing inside its transaction."""
        return self._idle_timeout or inf

    @property
    def answer_within(self) -> float:
        """Seconds after which a server that has not answered a statement is not there any more."""
        return self._statement_timeout + self._connect_timeout if self._statement_timeout else inf

    async def connect(self, *, bounded: bool = False) -> CommandConnection:
        """A connection outside of the pool, and past any pooler, for the caller to close.

        bounded: with the time limits that those of the pool have. Raises: StorageUnavailableError.
        """
        self._require_pool()
        settings = self._session_settings(behind_a_pooler=False) if bounded else {}
        try:
            return await asyncpg.connect(
                self._direct, timeout=self._connect_timeout, connection_class=CommandConnection, **settings
            )
        except Exception as error:
            if is_unavailable(error) or sqlstate_of(error) in REFUSED:
                raise unavailable(error) from error
            raise

    async def migrate(self, *lines: Migrations) -> None:
        """Create or update the schema `cqrs`, then the given lines of migrations. Safe to call from many processes at once."""
        await migrate(self.connect, (TOOLKIT, *lines))

    async def database_id(self) -> UUID:
        """The id that this database got when it was first migrated."""
        if self._database_id is None:
            try:
                found = await self.fetch_value("SELECT database_id FROM cqrs.installation")
            except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError) as error:
                raise StorageUnavailableError(
                    "this database has no schema cqrs yet: run `await database.migrate()`, or `clone-cqrs migrate`"
                ) from error
            self._database_id = UUID(int=found.int)
        return self._database_id

    def on_commit(self, listener: Callable[[Sequence[DomainEvent[Any]]], None]) -> None:
        """Call `listener(events)` in this process after each of its commits, before `execute` returns. It must not raise."""
        self._commit_listeners.append(listener)

    def committed(self, events: Sequence[DomainEvent[Any]]) -> None:
        """Tell the listeners. Called by the command bus."""
        for listener in self._commit_listeners:
            listener(events)

    def on_close(self, listener: Callable[[], Awaitable[None]]) -> None:
        """Wait for `listener()` before the pool closes, each time that it does: for what works in the background."""
        self._close_listeners.append(listener)

    def companion(self, kind: Callable[[Database], T]) -> T:
        """The one object of its kind that belongs to this database in this process, made when it is first asked for."""
        found = self._companions.get(kind)
        if found is None:
            found = self._companions[kind] = kind(self)
        return cast("T", found)

    def acquire(self) -> AbstractAsyncContextManager[CommandConnection]:
        """A connection of the pool, never the ambient one. Raises: StorageUnavailableError, after bounded retries."""
        return _Use(self._require_pool())

    def pool_use(self) -> PoolUse | None:
        """How much of the pool is in use now; None while it is closed."""
        return None if self._pool is None else self._pool.use()

    def give_up(self, connection: CommandConnection) -> None:
        """A connection from `acquire` that is gone makes room for another one at once."""
        self._require_pool().give_up(connection)

    def connection(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """asyncpg's own connection: the ambient transaction's inside a handler, else one of the pool.

        Raises: TransactionScopeError in a task started by a handler, or after its transaction is over.
        """
        ambient = self._ambient()
        return self._borrow() if ambient is None else _lend(ambient.connection)

    def transaction(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """A transaction that `fetch` and the others join. Inside another one, and in a handler, it is a savepoint of it."""
        ambient = self._ambient()
        return self._begin() if ambient is None else _savepoint(ambient.connection)

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """All rows."""
        ambient = self._ambient()
        if ambient is not None:
            return await ambient.connection.fetch(sql, *args)
        async with self.acquire() as connection:
            return await connection.fetch(sql, *args)

    async def fetch_one(self, sql: str, *args: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        ambient = self._ambient()
        if ambient is not None:
            return await ambient.connection.fetchrow(sql, *args)
        async with self.acquire() as connection:
            return await connection.fetchrow(sql, *args)

    async def fetch_value(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        ambient = self._ambient()
        if ambient is not None:
            return await ambient.connection.fetchval(sql, *args)
        async with self.acquire() as connection:
            return await connection.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> str:
        """Run a statement; returns its status, as "UPDATE 1"."""
        ambient = self._ambient()
        if ambient is not None:
            return await ambient.connection.execute(sql, *args)
        async with self.acquire() as connection:
            return await connection.execute(sql, *args)

    def _ambient(self) -> AmbientTransaction | None:
        ambient = ambient_transaction()
        return ambient if ambient is not None and ambient.database is self else None

    @asynccontextmanager
    async def _borrow(self) -> AsyncIterator[asyncpg.Connection]:
        async with self.acquire() as connection:
            connection.lend()
            yield connection

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[asyncpg.Connection]:
        async with self.acquire() as connection, connection.transaction():
            connection.lend()
            if connection.limits:
                await connection.execute(connection.limits)
            ambient = AmbientTransaction(self, connection)
            try:
                yield connection
            finally:
                ambient.close()

    async def _open_embedded(self) -> EmbeddedServer:
        if self._start_embedded is not None:
            return await self._start_embedded(self._data_directory)
        from clone_cqrs.postgres.embedded import default_data_directory, start_embedded

        return await start_embedded(self._data_directory or default_data_directory())

    async def _close_pool(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def _close_embedded(self) -> None:
        server, self._embedded = self._embedded, None
        if server is not None:
            await server.close()

    def _require_pool(self) -> ConnectionPool:
        if self._pool is None:
            raise StorageUnavailableError("the database is not open: use `async with Database.open(dsn) as database`")
        return self._pool

    def _session_settings(self, behind_a_pooler: bool) -> dict[str, Any]:
        """How asyncpg's pool makes a connection of a server, or of a pooler: there no session is ours for longer than a
        transaction, so that limits are set in each, and no prepared statement is kept."""
        limits = {
            "statement_timeout": int(self._statement_timeout * 1000),
            "idle_in_transaction_session_timeout": int(self._idle_timeout * 1000),
        }
        if not behind_a_pooler:
            return {"server_settings": _NAME | {setting: str(value) for setting, value in limits.items()}}

        async def limit_transactions(connection: Any) -> None:
            connection.limits = "".join(f"SET LOCAL {setting} = {value};" for setting, value in limits.items())

        return {"server_settings": _NAME, "statement_cache_size": 0, "init": limit_transactions}


class _Use(AbstractAsyncContextManager[CommandConnection]):
    """One use of a connection of the pool. A class, because every command passes through, and a generator costs more."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    async def __aenter__(self) -> CommandConnection:
        self._connection = await _take(self._pool)
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._pool.put_back(self._connection, clean=error is None)


async def _take(pool: ConnectionPool) -> CommandConnection:
    pause = _FIRST_PAUSE_S
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await pool.take()
        except Exception as error:
            if sqlstate_of(error) in REFUSED:
                raise unavailable(error) from error
            if not is_unavailable(error):
                raise
            if attempt == _ATTEMPTS:
                raise unavailable(error) from error
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))
        pause *= 2
    raise AssertionError("unreachable")


async def _reset_if_lent(connection: asyncpg.Connection) -> None:
    await cast("CommandConnection", connection).reset_if_lent()


@asynccontextmanager
async def _lend(connection: CommandConnection) -> AsyncIterator[asyncpg.Connection]:
    connection.lend()
    yield connection


@asynccontextmanager
async def _savepoint(connection: CommandConnection) -> AsyncIterator[asyncpg.Connection]:
    connection.lend()
    async with connection.transaction():
        yield connection
