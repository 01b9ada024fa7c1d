"""How far migrations are: in the program, and in a database."""

from __future__ import annotations

from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.migrate import Migrations


def newest_revisions(line: Migrations) -> tuple[str, ...]:
    """The heads of a line in this program: one, where all is well. Raises: ValueError where they cannot be read."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(line.directory).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        return tuple(ScriptDirectory.from_config(config).get_heads())
    except CommandError as error:
        raise ValueError(f"{line.directory}: {error}") from error


async def revision_in(database: Database, line: Migrations) -> str | None:
    """The revision of a line that a database is at, None before the first."""
    table = f'"{line.schema}"."{line.version_table}"'
    if await database.fetch_value("SELECT to_regclass($1) IS NULL", table):
        return None
    revision: str | None = await database.fetch_value(f"SELECT version_num FROM {table}")
    return revision
