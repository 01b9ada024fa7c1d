"""Databases for single tests: templates are built once for each server, a test gets a copy."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
from tests.planted_secret import PLANTED, SEARCH
from tests.servers.postgresql import PrivateServer

Migrate = Callable[[str], Awaitable[None]]


async def migrate_toolkit(dsn: str) -> None:
    from clone_cqrs.postgres import Database

    async with Database.open(dsn) as database:
        await database.migrate()


async def migrate_domain(dsn: str) -> None:
    from clone_cqrs.domain import MIGRATIONS
    from clone_cqrs.postgres import Database

    async with Database.open(dsn) as database:
        await database.migrate()
        await database.migrate(MIGRATIONS)


@asynccontextmanager
async def observing(dsn: str, tables: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of a test's own, beside those of the toolkit; makes the test's tables first."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(tables)
    yield connection
    await connection.close()


class Templates:
    """The template databases of one server."""

    def __init__(self, server: PrivateServer) -> None:
        self._server = server
        self._built: dict[Migrate, str] = {}

    def copy(self, migrate: Migrate | None) -> str:
        """The name of a new database, with what `migrate` makes of an empty one, or empty."""
        name = f"test_{uuid.uuid4().hex}"
        template = "template0" if migrate is None else self._template(migrate)
        # Copying files costs a checkpoint, which is next to nothing with fsync off, and beats copying through the log.
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, name: str) -> None:
        """Drop a database, once it has been searched for the secret that must not be in it."""
        places = asyncio.run(self._server.fetch(SEARCH, PLANTED, database=name))
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        assert not places, f"the planted secret is in {[row['place'] for row in places]}"

    def _template(self, migrate: Migrate) -> str:
        if migrate not in self._built:
            name = f"template_{migrate.__name__}"
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # of a migration that failed half-way
            self._run(f"CREATE DATABASE {name} TEMPLATE template0")
            asyncio.run(_build(migrate, self._server.dsn(name)))
            self._built[migrate] = name
        return self._built[migrate]

    def _run(self, statement: str) -> None:
        asyncio.run(self._server.execute(statement))


async def _build(migrate: Migrate, dsn: str) -> None:
    await migrate(dsn)
