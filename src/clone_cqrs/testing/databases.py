"""Databases for tests: a template migrated once, and a copy of it for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from clone_cqrs.messages import uuid7
from clone_cqrs.postgres import Database, Migrations


async def _nothing(_database: Database) -> None:
    return None


class DatabaseCopies:
    """Fresh databases on a test server.

        async with DatabaseCopies(migrations=[MIGRATIONS]) as copies:
            async with copies.database() as database: ...

    server_dsn: of a role that may create databases; None: the environment's DATABASE_URL, else the embedded server. Of the
    database in it nothing is used. migrations, prepare: what the template holds besides the toolkit's schema. The template and
    every copy bear names of their own, so that several runs may share a server, and are dropped at the end.
    """

    def __init__(
        self,
        server_dsn: str | None = None,
        *,
        migrations: Sequence[Migrations] = (),
        prepare: Callable[[Database], Awaitable[object]] = _nothing,
    ) -> None:
        self._server = Database.open(server_dsn, max_connections=1)
        self._migrations = tuple(migrations)
        self._prepare = prepare
        self._template = f"cqrs_template_{uuid7().hex}"

    async def __aenter__(self) -> Self:
        await self._server.start()
        try:
            await self._run(f'CREATE DATABASE "{self._template}" TEMPLATE template0')
            async with Database.open(self._dsn(self._template)) as database:
                await database.migrate(*self._migrations)
                await self._prepare(database)
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._leave()

    @asynccontextmanager
    async def database(self, **settings: Any) -> AsyncIterator[Database]:
        """A copy of the template, open; gone afterwards. settings: as for Database.open."""
        async with self.dsn() as dsn, Database.open(dsn, **settings) as database:
            yield database

    @asynccontextmanager
    async def dsn(self) -> AsyncIterator[str]:
        """The DSN of a copy of the template, for programs that open it themselves; gone afterwards."""
        name = f"cqrs_copy_{uuid7().hex}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        try:
            yield self._dsn(name)
        finally:
            await self._drop(name)

    def _dsn(self, name: str) -> str:
        return urlunsplit(urlsplit(self._server.dsn)._replace(path=f"/{name}"))

    async def _leave(self) -> None:
        try:
            await self._drop(self._template)
        finally:
            await self._server.close()

    async def _drop(self, name: str) -> None:
        await self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _run(self, sql: str) -> None:
        # A connection for each statement: fixtures of a session and their tests run in different event loops.
        connection = await self._server.connect()
        try:
            await connection.execute(sql)
        finally:
            await connection.close()
