"""Migrations: plain SQL, ordered by Alembic, applied under a lock so that many processes may start at once.

Alembic and SQLAlchemy are loaded by the functions that need them: they are most of what importing the toolkit would cost, and
a process that does not migrate has no use for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('clone_cqrs.migrate', 0))"


@dataclass(frozen=True)
class Migrations:
    """One line of migrations: an Alembic script directory, and where its version is kept.

    directory: holds `versions/`; schema: created when missing, holds version_table. Lines are independent of each other.
    """

    directory: Path
    schema: str
    version_table: str = "schema_version"


TOOLKIT: Final = Migrations(Path(__file__).parent / "migrations", schema="cqrs")


def run_folder(revision_file: str) -> None:
    """Execute the statements of a revision: every .sql file in the folder beside it that bears its name, in order.

    A file has one statement, or several: each but the last with a semicolon and an empty line after it.
    """
    from alembic import op

    context = op.get_context()
    for file in sorted(Path(revision_file).with_suffix("").glob("*.sql")):
        for statement in file.read_text(encoding="utf-8").split(";\n\n"):
            if context.as_sql:
                context.impl.static_output(statement.rstrip().removesuffix(";") + ";\n")
            else:
                # Not op.execute: a colon in plain SQL is no bound parameter.
                op.get_bind().exec_driver_sql(statement)


async def migrate(connect: Callable[[], Awaitable[Any]], lines: tuple[Migrations, ...]) -> None:
    """Bring every line to its newest revision, in one transaction.

    connect: opens an asyncpg connection; it is used by this call alone. Locks: an advisory lock, so that of several
    processes one migrates, and the others find it done.
    """
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(_LOCK))
            for line in lines:
                await connection.run_sync(_upgrade, line)
    finally:
        await engine.dispose()


def migration_sql(lines: tuple[Migrations, ...]) -> str:
    """The same as one script, for those who apply it themselves (`psql -1 -f`)."""
    script = StringIO()
    for line in lines:
        script.write(f'CREATE SCHEMA IF NOT EXISTS "{line.schema}";\n\n')
        _run(line, dialect_name="postgresql", as_sql=True, output_buffer=script)
    return script.getvalue()


def newest_revisions(line: Migrations) -> frozenset[str]:
    """The revisions that a database at the newest schema has. Reads files."""
    return frozenset(_scripts(line)[1].get_heads())


def _upgrade(connection: Connection, line: Migrations) -> None:
    # Before anything that needs more rights than reading: an application's role need not be one that may create schemas.
    if _is_newest(connection, line):
        return
    connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{line.schema}"')
    _run(line, connection=connection)


def _is_newest(connection: Connection, line: Migrations) -> bool:
    from alembic.runtime.migration import MigrationContext

    options = {"version_table": line.version_table, "version_table_schema": line.schema}
    kept = MigrationContext.configure(connection, opts=options)
    return set(kept.get_current_heads()) == newest_revisions(line)


def _scripts(line: Migrations) -> tuple[Config, ScriptDirectory]:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(line.directory).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config, ScriptDirectory.from_config(config)


def _run(line: Migrations, *, as_sql: bool = False, **options: Any) -> None:
    from alembic.runtime.environment import EnvironmentContext

    config, scripts = _scripts(line)
    environment = EnvironmentContext(
        config,
        scripts,
        fn=lambda revision, _context: scripts._upgrade_revs("head", revision),
        as_sql=as_sql,
        destination_rev="head",
    )
    with environment:
        environment.configure(version_table=line.version_table, version_table_schema=line.schema, **options)
        # In one script, each line is inside the caller's transaction, too.
        environment.run_migrations()
