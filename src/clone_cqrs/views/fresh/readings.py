"""The views of a fresh reading, and what they read from."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

from clone_cqrs.views.fresh.change_table import ChangeTable
from clone_cqrs.views.fresh.described import Described
from clone_cqrs.views.fresh.names import bare, column, literal
from clone_cqrs.views.names import ViewName

BALLAST = 5_000
"""Rows that name no key: plans made while nothing has changed must not take the table for empty, for it can grow."""


def definition(described: Described) -> str:
    """The statement that makes the plain view."""
    return (
        f"-- What {described.names.view.quoted} holds, as of now.\n"
        f"CREATE VIEW {described.made.definition.quoted} AS\n{(described.view.definition or '').strip().rstrip(';')}\n"
    )


def materialized_view(described: Described) -> str:
    """The statement that makes and fills the stamped view."""
    made = described.made
    source = made.definition.quoted
    return (
        "-- The definition's rows as of the last refresh; the second branch has none, and stamps the view as it is filled.\n"
        f"CREATE MATERIALIZED VIEW {made.view.quoted} AS\n"
        f"SELECT * FROM {source}\n"
        "UNION ALL\n"
        f"SELECT (NULL::{source}).* WHERE cqrs.stamp_view({literal(str(made.declared))}, pg_catalog.pg_current_snapshot())\n"
        "WITH DATA\n"
    )


def key_index(described: Described) -> str:
    """The statement that makes the view's unique index."""
    made = described.made
    return (
        "-- One row a key; a concurrent refresh needs it, too.\n"
        f"CREATE UNIQUE INDEX {bare(made.key_index)} ON {made.view.quoted}"
        f" ({', '.join(map(column, described.view.key_columns))})\n"
    )


def changes(table: ChangeTable) -> tuple[str, str, str, str]:
    """The statements that make the table of changed keys and its index, and keep plans to it with no changes and with many."""
    made = table.made.changes.quoted
    typed = ",\n".join(f"    {bare(name)} {type_}" for name, type_ in table.columns.items())
    listed = ", ".join(map(bare, table.columns))
    distinct = ",\n    ".join(f"ALTER COLUMN {bare(name)} SET (n_distinct = -1)" for name in table.columns)
    return (
        f"-- Rows of {table.views} that a write has touched, and its transaction. Appended to, and swept;\n"
        f"-- rows without a transaction stay. Its data belongs to this server's transactions: leave it out of dumps.\n"
        f"CREATE TABLE {made} (\n{typed},\n    xid xid8 DEFAULT pg_catalog.pg_current_xact_id()\n)"
        " WITH (\n    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,\n"
        "    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000\n)\n",
        "-- A look-up finds few rows. By statistics of one busy key's changes it would find nearly all of them, so that for\n"
        "-- every other key the whole table would be read in vain.\n"
        f"ALTER TABLE {made}\n    {distinct}\n",
        "-- By whole keys; the column with the most values first.\n"
        f"CREATE INDEX {bare(table.made.changes_index)} ON {made} ({listed})\n",
        "-- No key, no transaction: so that no plan takes the table for empty.\n"
        f"INSERT INTO {made} (xid) SELECT NULL FROM pg_catalog.generate_series(1, {BALLAST})\n",
    )


def registered(described: Described) -> str:
    """The statement that makes the view known."""
    names = described.names
    noted = ", ".join(literal(ViewName.parse(name).name) for name in described.view.noted_columns.values())
    return (
        "-- Known to the library's upkeep.\n"
        "INSERT INTO cqrs.view (name, changes, change_columns)\n"
        f"VALUES ({literal(str(names.view))}, {literal(names.changes.quoted)}, ARRAY[{noted}])\n"
        "ON CONFLICT (name) DO UPDATE SET changes = excluded.changes, change_columns = excluded.change_columns\n"
    )


def unchanged(described: Described) -> str:
    """The statement that makes the view of what did not change since the last refresh."""
    names = described.names
    # IS NOT TRUE: planned as half of the rows, where IS NULL would be as one in two hundred, and not worth an ordered index.
    return (
        f"-- The rows of {names.view.quoted} that did not change since the last refresh.\n"
        "-- The scalar subquery keeps the planner from starting at the changes.\n"
        f"CREATE VIEW {names.unchanged.quoted} AS\n"
        f"SELECT {_timed(described)}\n"
        f"FROM {names.view.quoted} AS v\n"
        f"WHERE {_noted(described, 'v')} IS NOT TRUE\n"
    )


def fresh(described: Described) -> str:
    """The statement that makes the fresh reading for a key."""
    names = described.names
    return (
        "-- The definition's rows as of now: those that did not change since the last refresh from the materialized view,\n"
        "-- those that did from the definition.\n"
        f"CREATE VIEW {names.fresh.quoted} AS\n"
        f"SELECT * FROM {names.unchanged.quoted}\n"
        "UNION ALL\n"
        "SELECT d.*\n"
        f"FROM {names.definition.quoted} AS d\n"
        f"WHERE {_noted(described, 'd')}\n"
    )


def same(described: Described, row: str, as_row: str) -> str:
    """Whether two rows have the same key."""
    return " AND ".join(f"{row}.{column(name)} = {as_row}.{column(name)}" for name in described.view.change_columns)


def columns(described: Described, row: str, instead: Mapping[str, str]) -> str:
    """A row's columns, one by one, with other expressions instead of some."""
    listed = (ViewName(None, name).quoted for name in described.columns)
    written = [f"{instead[name]} AS {name}" if name in instead else f"{row}.{name}" for name in listed]
    return fill(", ".join(written), width=110, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _timed(described: Described) -> str:
    """The columns of the materialized view; those that depend on the time of day are computed."""
    view, source = described.view, described.names.definition.quoted
    if not view.time_columns:
        return "v.*"
    same_key = " AND ".join(f"t.{column(name)} = v.{column(name)}" for name in view.key_columns)
    by_time = {column(name): f"(SELECT t.{column(name)} FROM {source} AS t WHERE {same_key})" for name in view.time_columns}
    return columns(described, "v", by_time)


def _noted(described: Described, row: str) -> str:
    called = described.view.noted_columns.items()
    same_key = " AND ".join(f"c.{column(noted)} = {row}.{column(name)}" for name, noted in called)
    return f"(SELECT true FROM {described.names.changes.quoted} AS c WHERE {same_key} LIMIT 1)"
