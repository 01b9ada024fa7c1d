"""The views of a fresh reading, and what they read from."""

from __future__ import annotations

from clone_cqrs.views.fresh.described import Described
from clone_cqrs.views.fresh.names import column, literal, short
from clone_cqrs.views.names import ViewName

BALLAST = 5_000
"""Rows that name no key: plans made while nothing has changed must not take the table for empty, for it can grow."""


def definition(described: Described) -> str:
    """The statement that makes the plain view."""
    return (
        f"-- What {described.names.view.quoted} holds, as of now.\n"
        f"CREATE VIEW {described.names.definition.quoted} AS\n{(described.view.definition or '').strip().rstrip(';')}\n"
    )


def materialized_view(described: Described) -> str:
    """The statement that makes and fills the stamped view."""
    names = described.names
    source = names.definition.quoted
    return (
        "-- The definition's rows as of the last refresh; the second branch has none, and stamps the view as it is filled.\n"
        f"CREATE MATERIALIZED VIEW {names.view.quoted} AS\n"
        f"SELECT * FROM {source}\n"
        "UNION ALL\n"
        f"SELECT (NULL::{source}).* WHERE cqrs.stamp_view({literal(str(names.view))}, pg_catalog.pg_current_snapshot())\n"
        "WITH DATA\n"
    )


def key_index(described: Described) -> str:
    """The statement that makes the view's unique index."""
    names = described.names
    return (
        "-- One row a key; a concurrent refresh needs it, too.\n"
        f"CREATE UNIQUE INDEX {ViewName(None, short(names.view.name) + '_key').quoted} ON {names.view.quoted}"
        f" ({', '.join(map(column, described.view.key_columns))})\n"
    )


def changes(described: Described) -> tuple[str, str, str]:
    """The statements that make the table of changed keys, its index, and what keeps plans from taking it for empty."""
    names, view = described.names, described.view
    typed = ",\n".join(f"    {column(name)} {described.columns[ViewName.parse(name).name]}" for name in view.change_columns)
    listed = ", ".join(map(column, view.change_columns))
    return (
        f"-- Rows of {names.view.quoted} that a write has touched, and its transaction. Appended to, and swept; rows\n"
        f"-- without a transaction stay. Its data belongs to this server's transactions: leave it out of dumps.\n"
        f"CREATE TABLE {names.changes.quoted} (\n{typed},\n    xid xid8 DEFAULT pg_catalog.pg_current_xact_id()\n)"
        " WITH (\n    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,\n"
        "    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000\n)\n",
        "-- By whole keys; the column with the most values first.\n"
        f"CREATE INDEX {ViewName(None, names.changes.name + '_key').quoted} ON {names.changes.quoted} ({listed})\n",
        "-- No key, no transaction: so that no plan takes the table for empty.\n"
        f"INSERT INTO {names.changes.quoted} (xid) SELECT NULL FROM pg_catalog.generate_series(1, {BALLAST})\n",
    )


def registered(described: Described) -> str:
    """The statement that makes the view known."""
    names = described.names
    return (
        "-- Known to the library's upkeep.\n"
        f"INSERT INTO cqrs.view (name, changes) VALUES ({literal(str(names.view))}, {literal(names.changes.quoted)})\n"
        "ON CONFLICT (name) DO UPDATE SET changes = excluded.changes\n"
    )


def fresh(described: Described) -> str:
    """The statement that makes the fresh reading for a key."""
    names = described.names
    return (
        "-- The definition's rows as of now: those that did not change since the last refresh from the materialized view,\n"
        "-- those that did from the definition. The scalar subqueries keep the planner from starting at the changes.\n"
        f"CREATE OR REPLACE VIEW {names.fresh.quoted} AS\n"
        f"{_unchanged(described)}\n"
        "UNION ALL\n"
        f"SELECT {_columns(described, 'd')}\n"
        f"FROM {names.definition.quoted} AS d\n"
        f"WHERE (SELECT true FROM {names.changes.quoted} AS c WHERE {_same(described, 'd')} LIMIT 1)\n"
    )


def fresh_list(described: Described) -> str:
    """The statement that makes the fresh reading for a list."""
    names = described.names
    listed = ", ".join(f"c.{column(name)}" for name in described.view.change_columns)
    known = " AND ".join(f"c.{column(name)} IS NOT NULL" for name in described.view.change_columns)
    return (
        f"-- The rows of {names.fresh.quoted}, for reading those of one {described.view.list_key}: the second branch starts\n"
        "-- at the changes, which are few for one list, where the first can stop early in the order of an index.\n"
        f"CREATE OR REPLACE VIEW {names.fresh_list.quoted} AS\n"
        f"{_unchanged(described)}\n"
        "UNION ALL\n"
        f"SELECT {_columns(described, 'd', of_changes=True)}\n"
        f"FROM (SELECT DISTINCT {listed} FROM {names.changes.quoted} AS c WHERE {known}) AS c\n"
        f"CROSS JOIN LATERAL (SELECT * FROM {names.definition.quoted} AS d WHERE {_same(described, 'd')} OFFSET 0) AS d\n"
    )


def _unchanged(described: Described) -> str:
    # IS NOT TRUE: planned as half of the rows, where IS NULL would be as one in two hundred, and not worth an ordered index.
    names = described.names
    return (
        f"SELECT {_columns(described, 'v', timed=True)}\n"
        f"FROM {names.view.quoted} AS v\n"
        f"WHERE (SELECT true FROM {names.changes.quoted} AS c WHERE {_same(described, 'v')} LIMIT 1) IS NOT TRUE"
    )


def _same(described: Described, row: str) -> str:
    return " AND ".join(f"c.{column(name)} = {row}.{column(name)}" for name in described.view.change_columns)


def _columns(described: Described, row: str, *, timed: bool = False, of_changes: bool = False) -> str:
    """The columns, one by one; timed: those that depend on the time of day are computed; of_changes: keys are the changes'."""
    view, source = described.view, described.names.definition.quoted
    named = {ViewName.parse(name).name for name in view.change_columns}
    by_time = {ViewName.parse(name).name for name in view.time_columns}
    same_key = " AND ".join(f"t.{column(name)} = {row}.{column(name)}" for name in view.key_columns)
    written = []
    for name in described.columns:
        quoted = ViewName(None, name).quoted
        if timed and name in by_time:
            written.append(f"(SELECT t.{quoted} FROM {source} AS t WHERE {same_key}) AS {quoted}")
        else:
            written.append(f"{'c' if of_changes and name in named else row}.{quoted}")
    return ",\n    ".join(written)
