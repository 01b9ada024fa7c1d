"""Whether the planner can compute one row of a definition without the others. It is asked, not the definition's text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import asyncpg

from clone_cqrs.views.catalog.finding import ViewFinding
from clone_cqrs.views.catalog.tables import in_schema
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView

Plan: TypeAlias = dict[str, Any]

_CHANGED = "cqrs_changed"
_BARRIERS = {
    "Aggregate": "GROUP BY, DISTINCT or an aggregate over the whole",
    "Group": "GROUP BY over the whole",
    "Unique": "DISTINCT over the whole",
    "WindowAgg": "a window function over the whole",
    "Limit": "LIMIT over the whole",
    "SetOp": "INTERSECT or EXCEPT",
    "Append": "UNION",
    "ProjectSet": "a function that returns rows, in the SELECT list",
    "Sort": "ORDER BY over the whole",
}
_JOINS = ("Hash Join", "Merge Join", "Nested Loop")
_REWRITE = (
    "rewrite it as one row of one driving table that has the key, with what is counted or added up in subqueries:"
    " SELECT g.id, paid.total FROM guest g CROSS JOIN LATERAL (SELECT sum(v.paid) AS total FROM visit v"
    " WHERE v.guest_id = g.id) paid"
)


async def shape_findings(
    connection: asyncpg.Connection, view: MaterializedView, definition: ViewName, types: Mapping[str, str]
) -> list[ViewFinding]:
    """Plan both uses of a definition: its rows that have changed, and the row of one key.

    The first has to meet its filter where a table is scanned, before anything is computed. The second has to find the key, and
    what belongs to it, by indexes: planned with sequential scans as the last resort. In a transaction, for the caller to roll
    back, since that setting lasts as long. types: of the definition's columns.
    """
    keys = [ViewName.parse(name).name for name in view.key_columns]
    filtered = await _plan(connection, _changed_rows(definition, keys))
    landed = list(_where_filtered(filtered))
    opaque = [node for node in landed if "Relation Name" not in node]
    if opaque:
        why = _barrier(opaque[0])
        text = f"one row of its definition cannot be computed without the others{why}: {_REWRITE}"
        return [ViewFinding(view.name, "shape_opaque", text, None, ", ".join(keys))]
    if view.list_order and not _drives(in_schema(view.driving_table), landed):
        tables = ", ".join(sorted({f"{node['Schema']}.{node['Relation Name']}" for node in landed}))
        text = f"its rows are those of {tables}, and lists are read from it: name it first in `changes`"
        return [ViewFinding(view.name, "driving_differs", text, view.driving_table)]
    await connection.execute("SET LOCAL enable_seqscan = off")
    point = await _plan(connection, _row_of_key(definition, {key: types[key] for key in keys}))
    driving = {node["Alias"] for node in landed}
    return [_unindexed(view, node, node["Alias"] in driving, keys) for node in _scans(point) if not _is_looked_up(node)]


def _changed_rows(definition: ViewName, keys: list[str]) -> str:
    key = " || ".join(f"d.{ViewName(None, name).quoted}::text" for name in keys)
    return (
        f"SELECT * FROM {definition.quoted} AS d"
        f" WHERE (SELECT true FROM pg_catalog.generate_series(1, 2) AS {_CHANGED} (n) WHERE {_CHANGED}.n::text = {key} LIMIT 1)"
    )


def _row_of_key(definition: ViewName, types: Mapping[str, str]) -> str:
    keys = ", ".join(f"NULL::{type_} AS {ViewName(None, name).quoted}" for name, type_ in types.items())
    same = " AND ".join(f"d.{quoted} = k.{quoted}" for quoted in (ViewName(None, name).quoted for name in types))
    # OFFSET 0 keeps the key a value that the planner does not know, as it is to a prepared statement.
    return (
        f"SELECT * FROM (SELECT {keys} OFFSET 0) AS k"
        f" CROSS JOIN LATERAL (SELECT * FROM {definition.quoted} AS d WHERE {same} OFFSET 0) AS d"
    )


async def _plan(connection: asyncpg.Connection, sql: str) -> Plan:
    plan: Plan = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON, VERBOSE) {sql}"))[0]["Plan"]
    return plan


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _where_filtered(plan: Plan) -> Iterator[Plan]:
    """The nodes whose conditions call the subplan over the changes. It is shown once, however many call it."""
    named = [
        node["Subplan Name"]
        for node in _nodes(plan)
        if "Subplan Name" in node and any(below.get("Alias") == _CHANGED for below in _nodes(node))
    ]
    innermost = named[-1:]
    for name in innermost:
        called = re.compile(rf"\({re.escape(name)}\)")
        for node in _nodes(plan):
            conditions = [text for key, text in node.items() if key.endswith(("Filter", "Cond")) and isinstance(text, str)]
            if any(map(called.search, conditions)):
                yield node


def _drives(table: ViewName, landed: list[Plan]) -> bool:
    """Whether the rows are a table's own; those of partitions, and a definition without rows, are taken to be."""
    return not landed or any(
        (node["Schema"], node["Relation Name"]) == (table.schema, table.name) or node.get("Parent Relationship") == "Member"
        for node in landed
    )


def _barrier(node: Plan) -> str:
    if node["Node Type"] in _JOINS:
        return " (a key of two tables)"
    for below in _nodes(node):
        if below["Node Type"] in _BARRIERS:
            return f" ({_BARRIERS[below['Node Type']]})"
    return ""


def _scans(plan: Plan) -> Iterator[Plan]:
    return (node for node in _nodes(plan) if "Relation Name" in node)


def _is_looked_up(node: Plan) -> bool:
    if "Index Cond" in node or "TID Cond" in node:
        return True
    bitmaps = [below for below in _nodes(node) if below["Node Type"] == "Bitmap Index Scan"]
    return any("Index Cond" in below for below in bitmaps)


def _unindexed(view: MaterializedView, node: Plan, is_driving: bool, keys: list[str]) -> ViewFinding:
    table = f"{node['Schema']}.{node['Relation Name']}"
    if is_driving:
        text = f"the row of a key is not found by an index of {table}: create a unique one on what is {', '.join(keys)} there"
        return ViewFinding(view.name, "key_unindexed", text, table, ", ".join(keys))
    text = f"one row of its definition reads all of {table}: create an index on the columns by which its rows are looked up"
    return ViewFinding(view.name, "lookup_unindexed", text, table, is_warning=True)
