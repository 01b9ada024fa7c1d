"""How far migrations are in a database."""

from __future__ import annotations

from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.migrate import Migrations


async def revisions_in(database: Database, line: Migrations) -> frozenset[str]:
    """The revisions of a line that a database is at; none before the first."""
    table = f'"{line.schema}"."{line.version_table}"'
    if await database.fetch_value("SELECT to_regclass($1) IS NULL", table):
        return frozenset()
    return frozenset(row["version_num"] for row in await database.fetch(f"SELECT version_num FROM {table}"))
