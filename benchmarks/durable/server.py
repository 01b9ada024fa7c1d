"""The server that all contenders share, and a fresh database on it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from tests.servers.databases import migrate_domain
from tests.servers.installations import bin_directory
from tests.servers.postgresql import PrivateServer

from clone_cqrs.postgres import Database


@dataclass(frozen=True)
class Server:
    """version: as the server tells it; socket: the directory of its Unix socket, which all contenders use."""

    version: str
    bin_directory: Path
    socket: Path
    port: int

    def dsn(self, database: str) -> str:
        return f"postgresql://{PrivateServer.SUPERUSER}@/{database}?host={self.socket}&port={self.port}"


@contextmanager
def server(version: str) -> Iterator[Server]:
    """A private server of this major version: fsync on, on a disk, otherwise as it comes but for room in shared_buffers."""
    programs = bin_directory(version)
    private = PrivateServer.create(programs, fsync=True, shared_buffers="256MB", max_wal_size="4GB")
    try:
        yield Server(version, programs, private.directory, private.port)
    finally:
        private.close()


@asynccontextmanager
async def database(of: Server) -> AsyncIterator[str]:
    """A migrated database of its own, by name."""
    name = f"benchmark_{uuid.uuid4().hex[:12]}"
    maintenance = await asyncpg.connect(of.dsn("postgres"))
    try:
        await maintenance.execute(f"CREATE DATABASE {name}")
        await migrate_domain(of.dsn(name))
        yield name
    finally:
        await maintenance.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await maintenance.close()


async def checkpoint(of: Server) -> None:
    """Dirty pages to disk, so that no contender pays for the one before it."""
    maintenance = await asyncpg.connect(of.dsn("postgres"))
    try:
        await maintenance.execute("CHECKPOINT")
    finally:
        await maintenance.close()


async def count_commands(of: Server, name: str) -> int:
    """How many commands are on record, each with its event and its user. Raises: AssertionError where they differ."""
    async with Database.open(of.dsn(name)) as opened:
        row = await opened.fetch_one(
            "SELECT (SELECT count(*) FROM cqrs.command) AS commands, (SELECT count(*) FROM cqrs.event) AS events, "
            "(SELECT count(*) FROM users) AS users"
        )
    assert row is not None
    assert row["commands"] == row["events"] == row["users"], dict(row)
    return int(row["commands"])
