"""What the catalog knows of a view's definition."""

from __future__ import annotations

from dataclasses import dataclass, replace

import asyncpg

from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.catalog.declaration import declaration_findings, refuse_if_wrong
from clone_cqrs.views.fresh.names import FreshNames, table
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView

_COLUMNS = statement("clone_cqrs.views", "columns")
_NEXT = "_next"


@dataclass(frozen=True, slots=True)
class Described:
    """A view whose definition the server has read: columns, in order, by name, with their types as SQL spells them;
    collations: of those whose collation is not their type's.

    beside: it is made beside the one that there is, whose place it takes in the end.
    """

    view: MaterializedView
    columns: dict[str, str]
    collations: dict[str, str]
    beside: bool = False

    @property
    def names(self) -> FreshNames:
        """What its parts are called."""
        return FreshNames.of(self.view)

    @property
    def made(self) -> FreshNames:
        """What they are called until then."""
        if not self.beside:
            return self.names
        return replace(self.names, suffix=_NEXT, definition_suffix=_NEXT if self.view.definition is not None else "")


async def describe(connection: asyncpg.Connection, view: MaterializedView) -> Described:
    """Read a definition's columns: of the definition given, which leaves no trace, or else of the one in the database.

    Raises: LookupError where there is no such definition, or it lacks a column of the declaration; ValueError without changes;
    ViewRefusedError for a declaration that the catalog shows to be wrong.
    """
    if not view.changes:
        raise ValueError(f"{view.name}: a fresh reading needs to be told which changes touch which keys")
    name = FreshNames.of(view).definition
    source = name if view.definition is None else ViewName("pg_temp", "cqrs_described")
    probe = connection.transaction()
    await probe.start()
    try:
        if view.definition is not None:
            await connection.execute(f"CREATE TEMPORARY VIEW cqrs_described AS {view.definition}")
        rows = await connection.fetch(_COLUMNS, source.quoted)
        columns = {row["name"]: row["type"] for row in rows}
        if not columns:
            raise LookupError(f"there is no view {name}")
        ordered = [each.column for each in view.order]
        for declared in (*view.change_columns, *view.time_columns, *ordered, *view.list_filters):
            if ViewName.parse(declared).name not in columns:
                raise LookupError(f"{view.name}: its definition has no column {declared}")
        driving = {row["name"] for row in await connection.fetch(_COLUMNS, table(view.driving_table))}
        for declared in ordered:
            if declared not in view.change_columns and ViewName.parse(declared).name not in driving:
                raise LookupError(f"{view.name}: {view.driving_table} has no column {declared} to order lists by")
        refuse_if_wrong(await declaration_findings(connection, view, source, columns))
    finally:
        await probe.rollback()
    return Described(view, columns, {row["name"]: row["collation"] for row in rows if row["collation"] is not None})
