"""The lists of a fresh reading: a page at a time, in the declared order, as few rows computed as are wanted."""

from __future__ import annotations

from typing import Final

from clone_cqrs.views.fresh.described import Described
from clone_cqrs.views.fresh.names import bare, column, table
from clone_cqrs.views.fresh.readings import columns, same
from clone_cqrs.views.names import ViewName

_GREATEST: Final = {
    "timestamp with time zone": "'infinity'",
    "timestamp without time zone": "'infinity'",
    "date": "'infinity'",
    "uuid": "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
    "smallint": "32767",
    "integer": "2147483647",
    "bigint": "9223372036854775807",
    "numeric": "'infinity'",
}
_LEAST: Final = {
    "timestamp with time zone": "'-infinity'",
    "timestamp without time zone": "'-infinity'",
    "date": "'-infinity'",
    "uuid": "'00000000-0000-0000-0000-000000000000'",
    "smallint": "-32768",
    "integer": "-2147483648",
    "bigint": "-9223372036854775808",
    "numeric": "'-infinity'",
    "text": "''",
}


def list_index(described: Described) -> str:
    """The statement that makes the index that lists are read by."""
    view, made = described.view, described.made
    listed = ", ".join((column(view.list_key or ""), *_order(described)))
    return f"-- The rows of one list, in its order.\nCREATE INDEX {bare(made.list_index)} ON {made.view.quoted} ({listed})\n"


def changed_keys(described: Described) -> str:
    """The statement that makes the view of changed keys, with what lists are ordered by."""
    view, names = described.view, described.names
    driving = view.columns_of(view.changes[view.driving_table])
    keys = view.change_columns
    noted = {name: column(called) for name, called in view.noted_columns.items()}
    listed = ", ".join(f"c.{called}" for called in noted.values())
    known = " AND ".join(f"c.{called} IS NOT NULL" for called in noted.values())
    found = [f"r.{column(driving[name])} AS {column(name)}" for name in keys]
    found += [f"r.{column(each.column)}" for each in view.order if each.column not in keys]
    joined = " AND ".join(f"r.{column(driving[name])} = c.{called}" for name, called in noted.items())
    return (
        "-- The changed rows that there are in the table that drives the definition: keys, and what lists are ordered by.\n"
        f"CREATE VIEW {names.changed.quoted} AS\n"
        f"SELECT {', '.join(found)}\n"
        f"FROM (SELECT DISTINCT {listed} FROM {names.changes.quoted} AS c WHERE {known}) AS c\n"
        f"JOIN {table(view.driving_table)} AS r ON {joined}\n"
    )


def fresh_list(described: Described) -> str:
    """The statement that makes the function for a page of the fresh reading."""
    names, order = described.names, ", ".join(_order(described, "k"))
    computed = same(described, "d", "k")
    # The sorted ones, for the planner to know that the rows come in that order.
    found = {
        column(name): f"k.{column(name)}"
        for name in (*described.view.change_columns, *(each.column for each in described.view.order))
    }
    filters = _filters(described, "d")
    where = f"        WHERE {filters}\n" if filters else ""
    second = (
        f"        SELECT {columns(described, 'd', found)}\n"
        "        FROM (\n"
        f"            SELECT * FROM {names.changed.quoted} AS k\n"
        f"            WHERE {_place(described, 'k')}\n"
        f"            ORDER BY {order}\n"
        "        ) AS k\n"
        f"        CROSS JOIN LATERAL (SELECT * FROM {names.definition.quoted} AS d WHERE {computed} OFFSET 0) AS d\n"
        f"{where}"
        f"        ORDER BY {order}\n"
        "        LIMIT (SELECT $2)\n"
    )
    return _function(
        described,
        names.list_of(names.fresh),
        f"-- A page of {names.fresh.quoted}: of one {described.view.list_key}, in order, after a place.\n"
        "-- Unchanged rows are read in the index's order; changed ones are sorted by columns of the driving table, and\n"
        "-- computed as they are wanted.\n"
        "-- LIMIT (SELECT ...): a number that the planner knows has it sort all the rows of who has few by its estimate.\n",
        f"    SELECT * FROM (\n        ({_page(described, names.unchanged)})\n        UNION ALL\n"
        f"        ({second.strip()})\n    ) AS f\n"
        f"    ORDER BY {', '.join(_order(described, 'f'))}\n    LIMIT (SELECT $2);\n",
    )


def list_of(described: Described, source: ViewName) -> str:
    """The statement that makes the function for the same page of the view as it is, or of the definition."""
    return _function(
        described,
        described.names.list_of(source),
        f"-- The same page of {source.quoted}.\n",
        f"    {_page(described, source)};\n",
    )


def _function(described: Described, name: ViewName, comment: str, body: str) -> str:
    view = described.view
    order = view.order
    arguments = [f"{column(view.list_key or '')} {_type(described, view.list_key or '')}", "max_rows integer"]
    arguments += [f"{_after(each.column)} {_type(described, each.column)} DEFAULT NULL" for each in order]
    arguments += [f"{column(name)} {_type(described, name)} DEFAULT NULL" for name in view.list_filters]
    return (
        f"{comment}"
        f"CREATE FUNCTION {name.quoted}(\n    {', '.join(arguments)}\n) RETURNS SETOF {described.names.fresh.quoted}\n"
        "LANGUAGE sql STABLE PARALLEL SAFE\nBEGIN ATOMIC\n"
        f"{body}END\n"
    )


def _page(described: Described, source: ViewName) -> str:
    filters = _filters(described, "v")
    return (
        "SELECT v.*\n"
        f"        FROM {source.quoted} AS v\n"
        f"        WHERE {_place(described, 'v')}{' AND ' + filters if filters else ''}\n"
        f"        ORDER BY {', '.join(_order(described, 'v'))}\n"
        "        LIMIT (SELECT $2)"
    )


def _place(described: Described, row: str) -> str:
    """The rows of the list after the place; of all of it where the place's first column is null."""
    view = described.view
    order = view.order
    after = {each.column: f"${number}" for number, each in enumerate(order, 3)}
    descending = order[0].descending
    bounds = _GREATEST if descending else _LEAST
    compared = "<" if descending else ">"
    selected = f"{row}.{column(view.list_key or '')} = $1"
    place = ", ".join(f"{row}.{column(each.column)}" for each in order)
    first = after[order[0].column]
    ends = [bounds.get(_type(described, each.column)) for each in order]
    if None in ends:
        # No greatest value to begin from: the index is read from the list's beginning.
        return f"{selected} AND ({first} IS NULL OR ({place}) {compared} ({', '.join(after.values())}))"
    begins = ", ".join(f"coalesce({after[each.column]}, {end})" for each, end in zip(order, ends, strict=True))
    # The last pair keeps the one row that is at the very end.
    return (
        f"{selected} AND ({place}, 0) {compared} (\n"
        f"            {begins}, CASE WHEN {first} IS NULL THEN {1 if descending else -1} ELSE 0 END\n        )"
    )


def _filters(described: Described, row: str) -> str:
    view = described.view
    number = 3 + len(view.order)
    return " AND ".join(
        f"(${number + place} IS NULL OR {row}.{column(name)} = ${number + place})"
        for place, name in enumerate(view.list_filters)
    )


def _order(described: Described, row: str | None = None) -> list[str]:
    prefix = "" if row is None else f"{row}."
    return [f"{prefix}{column(each.column)}{' DESC' if each.descending else ''}" for each in described.view.order]


def _after(name: str) -> str:
    return ViewName(None, f"after_{ViewName.parse(name).name}").quoted


def _type(described: Described, name: str) -> str:
    return described.columns[ViewName.parse(name).name]
