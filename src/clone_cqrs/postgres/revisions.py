"""How far migrations are in a database."""

from __future__ import annotations

from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.migrate import Migrations


async def revision_in(database: Database, line: Migrations) -> str | None:
    """The revision of a line that a database is at, None before the first."""
    table = f'"{line.schema}"."{line.version_table}"'
    if await database.fetch_value("SELECT to_regclass($1) IS NULL", table):
        return None
    revision: str | None = await database.fetch_value(f"SELECT version_num FROM {table}")
    return revision
