"""Start, or join, an embedded server."""

import asyncio
import shutil
import threading
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import asyncpg

from clone_cqrs.postgres.embedded._connection import Connection, connect
from clone_cqrs.postgres.embedded._errors import EmbeddedServerError
from clone_cqrs.postgres.embedded._home import temporary_home
from clone_cqrs.postgres.embedded._postmaster import PORT, SUPERUSER

DATABASE = "clone_cqrs"


class EmbeddedServer:
    """A hold on the server of one data directory; it runs until the last hold on it, of any process, is gone.

    dsn: for asyncpg, psql and SQLAlchemy, through a Unix socket; as superuser, on the database `clone_cqrs`.
    """

    def __init__(self, connection: Connection, data_directory: Path) -> None:
        self._connection = connection
        self.data_directory = data_directory
        self.dsn = _dsn(connection.host, DATABASE)

    async def close(self) -> None:
        """Let go. If this was the last hold, the server has stopped, and a temporary directory is gone, on return."""
        await asyncio.to_thread(self._connection.close)


async def start_embedded(data_directory: Path | None = None) -> EmbeddedServer:
    """The embedded server on `data_directory`, made if missing, started unless it runs; None: a temporary one.

    The directory is the toolkit's own, PostgreSQL's data directory is inside of it.
    Raises: EmbeddedServerError, whose message says what to do.
    """
    attempt = _Attempt(data_directory)
    try:
        server = await asyncio.to_thread(attempt.run)
    except asyncio.CancelledError:
        attempt.abandon()
        raise
    try:
        await _ensure_database(server)
    except BaseException:
        await server.close()
        raise
    return server


class _Attempt:
    """A start in a thread, which nobody may be waiting for any more when it succeeds."""

    def __init__(self, data_directory: Path | None) -> None:
        self._data_directory = data_directory
        self._lock = threading.Lock()
        self._abandoned = False
        self._connection: Connection | None = None

    def run(self) -> EmbeddedServer:
        if self._data_directory is None:
            home, temporary = temporary_home(), True
        else:
            home, temporary = self._data_directory.expanduser().resolve(), False
        try:
            connection = connect(home, temporary=temporary)
        except BaseException:
            if temporary:
                shutil.rmtree(home, ignore_errors=True)
            raise
        with self._lock:
            if not self._abandoned:
                self._connection = connection
        if self._connection is None:
            connection.close()
        return EmbeddedServer(connection, home)

    def abandon(self) -> None:
        with self._lock:
            self._abandoned = True
        if self._connection is not None:
            self._connection.close()


async def _ensure_database(server: EmbeddedServer) -> None:
    """Create the database of the DSN if it is missing; also shows that the server answers."""
    try:
        try:
            connection = await asyncpg.connect(server.dsn)
        except asyncpg.InvalidCatalogNameError:
            connection = await asyncpg.connect(_dsn(server._connection.host, "postgres"))
            statement = files(__package__).joinpath("sql/create_database.sql").read_text()
            try:
                await connection.execute(statement)
            except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                pass  # another process was first
            finally:
                await connection.close()
            connection = await asyncpg.connect(server.dsn)
        await connection.close()
    except (OSError, asyncpg.PostgresError) as error:
        raise EmbeddedServerError(
            f"the embedded server in {server.data_directory} runs but does not answer: {error}; "
            f"its log is {server.data_directory / 'log'}"
        ) from error


def _dsn(host: str, database: str) -> str:
    # The port is named, too: else PGPORT of the environment would choose another socket.
    return f"postgresql://{SUPERUSER}@/{database}?host={quote(host)}&port={PORT}"
