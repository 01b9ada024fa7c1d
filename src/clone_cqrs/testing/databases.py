"""Databases for tests: a template migrated once, and a copy of it for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from clone_cqrs.messages import uuid7
from clone_cqrs.postgres import Database, Migrations


class DatabaseCopies:
    """Fresh databases on a test server.

        async with DatabaseCopies(server_dsn, migrations=[MIGRATIONS]) as copies:
            async with copies.database() as database: ...

    server_dsn: a role that may create databases; of the database in it nothing is used. The template and every copy bear
    a name of their own, so that several runs may share a server, and are dropped at the end.
    """

    def __init__(self, server_dsn: str, *, migrations: Sequence[Migrations] = ()) -> None:
        self._server_dsn = server_dsn
        self._migrations = tuple(migrations)
        self._template = f"cqrs_template_{uuid7().hex}"

    async def __aenter__(self) -> Self:
        await self._run(f'CREATE DATABASE "{self._template}" TEMPLATE template0')
        try:
            async with Database.open(self._dsn(self._template)) as database:
                await database.migrate(*self._migrations)
        except BaseException:
            await self._drop(self._template)
            raise
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._drop(self._template)

    @asynccontextmanager
    async def database(self, **settings: Any) -> AsyncIterator[Database]:
        """A copy of the template, open; gone afterwards. settings: as for Database.open."""
        name = f"cqrs_copy_{uuid7().hex}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        try:
            async with Database.open(self._dsn(name), **settings) as database:
                yield database
        finally:
            await self._drop(name)

    def _dsn(self, name: str) -> str:
        return urlunsplit(urlsplit(self._server_dsn)._replace(path=f"/{name}"))

    async def _drop(self, name: str) -> None:
        await self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _run(self, sql: str) -> None:
        connection = await asyncpg.connect(self._server_dsn)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()
