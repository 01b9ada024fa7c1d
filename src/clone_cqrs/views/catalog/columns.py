"""Whether the tables and columns that a declaration names are there, and can hold keys."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.catalog.finding import ViewFinding
from clone_cqrs.views.catalog.tables import in_schema
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView, Through

_COLUMN_OF = statement("clone_cqrs.views.catalog", "column_of")
_REQUIRE_LINK = statement("clone_cqrs.views.catalog", "require_link")
_FOLLOWED = ("r", "p")


async def column_findings(
    connection: asyncpg.Connection, view: MaterializedView, types: Mapping[str, str]
) -> list[ViewFinding]:
    """types: of the definition's columns. A trigger's function would fail at the first write, not when it is made."""
    findings: list[ViewFinding] = []
    for table, touched in view.changes.items():
        holder = touched.table if isinstance(touched, Through) else table
        wanted = [(holder, column, types[ViewName.parse(name).name], name) for name, column in view.columns_of(touched).items()]
        if isinstance(touched, Through):
            key = await _look_up(connection, touched.table, touched.key, "text")
            wanted.append((table, touched.column, key["type"] or "text", f"{touched.table}.{touched.key}"))
            if key["in_array"]:
                text = f"{in_schema(touched.table)}.{touched.key} is {key['type']}: keys cannot be looked up by an array"
                findings.append(ViewFinding(view.name, "column_unfit", text, touched.table, touched.key))
        before = len(findings)
        for of, column, type_, name in wanted:
            findings += await _column(connection, view, of, column, type_, name)
        if isinstance(touched, Through) and len(findings) == before:
            findings += await _link(connection, view, table, touched)
    return list(dict.fromkeys(findings))


async def _column(
    connection: asyncpg.Connection, view: MaterializedView, table: str, column: str, type_: str, name: str
) -> list[ViewFinding]:
    found, named = await _look_up(connection, table, column, type_), in_schema(table)
    if found["kind"] not in _FOLLOWED:
        what = "there is no such table" if found["kind"] is None else "that is no table"
        return [ViewFinding(view.name, "table_missing", f"its changes name {named}: {what}", table)]
    if found["type"] is None:
        text = f"its changes name the column {column} of {named}, which has none of that name"
        return [ViewFinding(view.name, "column_missing", text, table, column)]
    if not found["fits"]:
        text = f"{named}.{column} is {found['type']}, and cannot be {name}, which is {type_}: name the column that holds it"
        return [ViewFinding(view.name, "column_unfit", text, table, column)]
    if found["incomparable"] is not None:
        text = (
            f"{named}.{column} holds {name} as {found['incomparable']}, whose operators are not the server's own: which keys"
            " are the same would depend on the search path; take one of the server's types, or a domain of it"
        )
        return [ViewFinding(view.name, "column_incomparable", text, table, column)]
    return []


async def _look_up(connection: asyncpg.Connection, table: str, column: str, type_: str) -> asyncpg.Record:
    """As column_of.sql says."""
    row = await connection.fetchrow(_COLUMN_OF, in_schema(table).quoted, _bare(column), type_)
    assert row is not None, "it starts from what is asked"
    return row


async def _link(connection: asyncpg.Connection, view: MaterializedView, table: str, touched: Through) -> list[ViewFinding]:
    asking = connection.transaction()
    await asking.start()
    try:
        await connection.fetch(
            _REQUIRE_LINK,
            in_schema(table).quoted,
            _bare(touched.column),
            in_schema(touched.table).quoted,
            _bare(touched.key),
            [_bare(column) for column in _looked_up(touched.columns) if _bare(column) != _bare(touched.key)],
        )
    except asyncpg.ForeignKeyViolationError as refused:
        return [ViewFinding(view.name, "link_missing", str(refused.args[0]), table, touched.column)]
    except (asyncpg.UndefinedFunctionError, asyncpg.InvalidSchemaNameError):
        return []  # without the toolkit's schema there is nothing to make, either: the migration says so
    except asyncpg.InsufficientPrivilegeError:
        text = f"the link from {in_schema(table)} to {in_schema(touched.table)} can be checked by the owner of the views alone"
        return [ViewFinding(view.name, "link_unchecked", text, table, touched.column, is_warning=True)]
    finally:
        await asking.rollback()
    return []


def _looked_up(columns: str | tuple[str, ...]) -> tuple[str, ...]:
    return (columns,) if isinstance(columns, str) else columns


def _bare(column: str) -> str:
    return ViewName.parse(column).name
