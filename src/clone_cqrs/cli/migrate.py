"""The command `clone-cqrs migrate`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from clone_cqrs.cli.options import CLONE, App, Dsn, Json
from clone_cqrs.cli.running import run
from clone_cqrs.cli.screens import print_json, result_screen


def migrate(
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the statements for an empty database (psql -1 -f), and connect to none.")
    ] = False,
    dsn: Dsn = None,
    app: App = CLONE,
    as_json: Json = False,
) -> None:
    """Bring a database to the newest schema: the toolkit's, and the application's own.

    Safe at any time, and by many at once: one of them migrates, the others find it done.
    """
    if sql:
        run(_print_sql(app))
        return
    revisions = run(_migrate(app, dsn))
    if as_json:
        moves = {schema: {"from": before, "to": now} for schema, (before, now) in revisions.items()}
        print_json(moves)
        return
    for schema, (before, now) in revisions.items():
        moved = f"{now}, as it was" if before == now else f"{before or 'nothing'} → {now}"
        result_screen().print(f"schema [bold]{schema}[/]: {moved}")


async def _print_sql(app: str) -> None:
    from clone_cqrs.cli.application import load_application
    from clone_cqrs.postgres.migrate import TOOLKIT, migration_sql

    sys.stdout.write(migration_sql((TOOLKIT, *load_application(app, None).migrations)))


async def _migrate(app: str, dsn: str | None) -> dict[str, tuple[str | None, str | None]]:
    """By schema: the revision before, and now."""
    from clone_cqrs.cli.application import opened_database
    from clone_cqrs.postgres.migrate import TOOLKIT
    from clone_cqrs.postgres.revisions import revisions_in

    async with opened_database(app, dsn) as application:
        lines = (TOOLKIT, *application.migrations)
        before = [await revisions_in(application.database, line) for line in lines]
        await application.migrate()
        now = [await revisions_in(application.database, line) for line in lines]
    return {line.schema: (_text(old), _text(new)) for line, old, new in zip(lines, before, now, strict=True)}


def _text(revisions: frozenset[str]) -> str | None:
    return ", ".join(sorted(revisions)) or None
