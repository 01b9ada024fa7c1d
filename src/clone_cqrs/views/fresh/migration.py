"""From a declaration, the statements of its migration."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from clone_cqrs.views.fresh import readings, triggers
from clone_cqrs.views.fresh.described import Described, describe
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView, Through


def fresh_view_statements(described: Described, *, replace: bool = False) -> list[tuple[str, str]]:
    """The statements, in order, each with a name for its file.

    replace: there are a definition, a materialized view and a fresh reading by these names, which now get what they lack.
    """
    view, names = described.view, described.names
    table, index, ballast = readings.changes(described)
    statements: list[tuple[str, str]] = []
    if replace:
        # Without the fresh reading, nothing of which the view's rows are needed for, it can be dropped.
        dropped = f"-- To be made anew, with its stamp.\nDROP MATERIALIZED VIEW {names.view.quoted}\n"
        statements.append(("drop", dropped))
    if view.definition is not None and not replace:
        statements.append(("definition", readings.definition(described)))
    statements += [("changes", table), ("changes_key", index), ("changes_ballast", ballast)]
    for changed, touched in view.changes.items():
        short = ViewName.parse(changed).name
        if isinstance(touched, Through):
            statements.append((f"link_of_{short}", triggers.required_link(changed, touched)))
        statements.append((f"of_{short}", triggers.trigger_function(described, changed, touched)))
        statements.append((f"follow_{short}", triggers.triggers(described, changed)))
    statements += [
        ("registered", readings.registered(described)),
        ("view", readings.materialized_view(described)),
        ("view_key", readings.key_index(described)),
        ("fresh", readings.fresh(described)),
    ]
    if view.list_key is not None:
        statements.append(("fresh_list", readings.fresh_list(described)))
    return statements


def write_migration(described: Described, folder: Path, *, start: int = 10, replace: bool = False) -> list[Path]:
    """Write the statements as files that `run_folder` executes in order; returns them. The number of the first is `start`."""
    folder.mkdir(parents=True, exist_ok=True)
    base = described.names.view.name.removesuffix("_view")
    written = []
    for number, (name, sql) in enumerate(fresh_view_statements(described, replace=replace), start):
        path = folder / f"{number:03}_{base}_{name}.sql"
        path.write_text(sql, encoding="utf-8")
        written.append(path)
    return written


async def create_fresh_view(connection: asyncpg.Connection, view: MaterializedView, *, replace: bool = False) -> None:
    """Make a view and all of its parts now, in one transaction.

    Locks its tables against writes until the transaction ends. Raises: as `describe`; asyncpg's error, for what is missing.
    """
    async with connection.transaction():
        described = await describe(connection, view)
        for _name, sql in fresh_view_statements(described, replace=replace):
            await connection.execute(sql)
