"""Views in the place of others of the same names: made and filled beside them first, so that these are read until the end."""

from __future__ import annotations

from collections.abc import Iterator

from clone_cqrs.views.fresh.change_table import ChangeTable
from clone_cqrs.views.fresh.described import Described
from clone_cqrs.views.fresh.names import bare, literal
from clone_cqrs.views.names import ViewName


def hold_refreshes(described: Described) -> str:
    """The statement that keeps the library from refreshing a view while another takes its place."""
    view = literal(f"cqrs.refresh:{described.names.view}")
    return (
        "-- Refreshes of the library wait until this is done.\n"
        f"SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended({view}, 0))\n"
    )


def swapped(table: ChangeTable) -> Iterator[str]:
    """The statements that drop what there was, and give its names to what was made beside it."""
    first = "-- From here on, readers wait. What was granted on the views is to be granted again.\n"
    for member in table.members:
        names = member.names
        for reading in (names.fresh, names.view, names.definition):
            yield f"{first}DROP FUNCTION IF EXISTS {names.list_of(reading).quoted}\n"
            first = ""
        for reading in (names.fresh, names.changed, names.unchanged):
            yield f"DROP VIEW IF EXISTS {reading.quoted}\n"
        yield f"DROP MATERIALIZED VIEW IF EXISTS {names.view.quoted}\n"
        if member.view.definition is not None:
            yield f"DROP VIEW IF EXISTS {names.definition.quoted}\n"
    yield _drop_changes(table)
    yield _renamed("TABLE", table.made.changes, table.names.changes.name)
    yield _renamed("INDEX", ViewName("cqrs", table.made.changes_index), table.names.changes_index)
    for member in table.members:
        names, made = member.names, member.made
        if member.view.definition is not None:
            yield _renamed("VIEW", made.definition, names.definition.name)
        yield _renamed("MATERIALIZED VIEW", made.view, names.view.name)
        yield _renamed("INDEX", ViewName(names.view.schema, made.key_index), names.key_index)
        if member.view.list_order:
            yield _renamed("INDEX", ViewName(names.view.schema, made.list_index), names.list_index)


def _drop_changes(table: ChangeTable) -> str:
    views = ", ".join(literal(str(member.names.view)) for member in table.members)
    functions = ", ".join(literal(table.names.trigger(changed).quoted) for changed in table.followed)
    return (
        "-- The table in which their changes were noted, and the triggers that would note them there.\n"
        "SELECT cqrs.drop_changes(\n"
        f"    ARRAY[{views}],\n    {literal(table.names.changes.quoted)},\n    ARRAY[{functions}]::regproc[]\n)\n"
    )


def _renamed(kind: str, made: ViewName, name: str) -> str:
    return f"ALTER {kind} {made.quoted} RENAME TO {bare(name)}\n"
