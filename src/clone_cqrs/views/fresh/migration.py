"""From a declaration, the statements of its migration."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from clone_cqrs.views.fresh import lists, readings, triggers
from clone_cqrs.views.fresh.described import Described, describe
from clone_cqrs.views.view import MaterializedView, Through


def fresh_view_statements(described: Described, *, replace: bool = False) -> list[str]:
    """The statements, in order.

    replace: there are a definition, a materialized view and a fresh reading by these names, which now get what they lack.
    """
    view, names = described.view, described.names
    statements: list[str] = []
    if replace:
        # Without the fresh reading, nothing of which the view's rows are needed for, it can be dropped.
        statements.append(f"-- To be made anew, with its stamp.\nDROP MATERIALIZED VIEW {names.view.quoted}\n")
    if view.definition is not None and not replace:
        statements.append(readings.definition(described))
    statements += readings.changes(described)
    for changed, touched in view.changes.items():
        if isinstance(touched, Through):
            statements.append(triggers.required_link(changed, touched))
        statements += [triggers.trigger_function(described, changed, touched), triggers.triggers(described, changed)]
    statements += [
        readings.registered(described),
        readings.materialized_view(described),
        readings.key_index(described),
        readings.unchanged(described),
        readings.fresh(described),
    ]
    if view.list_order:
        statements += [
            lists.list_index(described),
            lists.changed_keys(described),
            lists.fresh_list(described),
            lists.list_of(described, names.view),
            lists.list_of(described, names.definition),
        ]
    return statements


def write_migration(described: Described, folder: Path, *, number: int = 10, replace: bool = False) -> Path:
    """Write the statements as one file, for `run_folder`, to be read before it runs; returns it. number: its place there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:03}_{described.names.view.name.removesuffix('_view')}.sql"
    path.write_text(
        "\n".join(f"{sql.rstrip()};\n" for sql in fresh_view_statements(described, replace=replace)), encoding="utf-8"
    )
    return path


async def create_fresh_view(connection: asyncpg.Connection, view: MaterializedView, *, replace: bool = False) -> None:
    """Make a view and all of its parts now, in one transaction.

    Locks its tables against writes until the transaction ends. Raises: as `describe`; asyncpg's error, for what is missing.
    """
    async with connection.transaction():
        described = await describe(connection, view)
        for sql in fresh_view_statements(described, replace=replace):
            await connection.execute(sql)
