"""The trigger functions that note which keys a write has changed."""

from __future__ import annotations

from clone_cqrs.views.fresh.described import Described
from clone_cqrs.views.fresh.names import column, literal, table
from clone_cqrs.views.view import Through, Touched

_FUNCTION = """\
-- Notes which rows of {view} a change of {table} touches, in the same transaction.
--
-- {how}
CREATE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO {changes} ({columns})
{inserted};
    ELSIF TG_OP = 'UPDATE' THEN
{lock_updated}        INSERT INTO {changes} ({columns})
{deleted}
        UNION
{inserted};
    ELSIF TG_OP = 'DELETE' THEN
{lock_deleted}        INSERT INTO {changes} ({columns})
{deleted};
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO {changes} ({columns})
        SELECT {v_columns} FROM {view} AS v
        UNION
        SELECT {c_columns} FROM {changes} AS c WHERE {c_known};
    END IF;
    RETURN NULL;
END
$$
"""
_LOCK = """\
        -- In the order of keys, before their owners are looked up: no parent moves until this transaction ends.
        PERFORM FROM {parent} AS p
        WHERE p.{key} IN ({referenced})
        ORDER BY p.{key} FOR KEY SHARE;
"""
_DIRECT = "        SELECT DISTINCT {values} FROM {rows} AS r WHERE {known}"
_THROUGH = """\
        SELECT DISTINCT {values} FROM {rows} AS r
        CROSS JOIN LATERAL (SELECT * FROM {parent} AS p WHERE p.{key} = r.{column} OFFSET 0) AS p
        WHERE {known}"""


def trigger_function(described: Described, changed: str, touched: Touched) -> str:
    """The statement that makes the function for one table."""
    names, columns = described.names, described.view.change_columns
    return _FUNCTION.format(
        view=names.view.quoted,
        table=table(changed),
        how=(
            f"The keys are looked up in {table(touched.table)}; an INSERT has its row locked by the foreign key."
            if isinstance(touched, Through)
            else "The keys are in the changed rows themselves."
        ),
        function=names.trigger(changed).quoted,
        changes=names.changes.quoted,
        columns=", ".join(map(column, columns)),
        inserted=_keys(described, touched, "new_rows"),
        deleted=_keys(described, touched, "old_rows"),
        lock_updated=_lock(touched, "old_rows", "new_rows"),
        lock_deleted=_lock(touched, "old_rows"),
        v_columns=", ".join(f"v.{column(name)}" for name in columns),
        c_columns=", ".join(f"c.{column(name)}" for name in columns),
        c_known=" AND ".join(f"c.{column(name)} IS NOT NULL" for name in columns),
    )


def triggers(described: Described, changed: str) -> str:
    """The statement that makes a table call its function."""
    function = described.names.trigger(changed).quoted
    return (
        f"-- Every change of {table(changed)}, also under session_replication_role = replica.\n"
        f"SELECT cqrs.follow_changes({literal(table(changed))}, {literal(function)})\n"
    )


def required_link(changed: str, touched: Through) -> str:
    """The statement that refuses a look-up which a moving parent could falsify."""
    columns = (touched.columns,) if isinstance(touched.columns, str) else touched.columns
    movable = ", ".join(literal(name) for name in columns if name != touched.key)
    return (
        "-- A parent must not move while a row that references it is being written.\n"
        f"SELECT cqrs.require_link({literal(table(changed))}, {literal(touched.column)}, {literal(table(touched.table))},\n"
        f"                         {literal(touched.key)}, ARRAY[{movable}]::name[])\n"
    )


def _keys(described: Described, touched: Touched, rows: str) -> str:
    holder = "p" if isinstance(touched, Through) else "r"
    values = [f"{holder}.{column(name)}" for name in described.view.columns_of(touched).values()]
    known = " AND ".join(f"{value} IS NOT NULL" for value in values)
    if not isinstance(touched, Through):
        return _DIRECT.format(values=", ".join(values), rows=rows, known=known)
    return _THROUGH.format(
        values=", ".join(values),
        rows=rows,
        known=known,
        parent=table(touched.table),
        key=column(touched.key),
        column=column(touched.column),
    )


def _lock(touched: Touched, *rows: str) -> str:
    if not isinstance(touched, Through):
        return ""
    referenced = " UNION ".join(f"SELECT r.{column(touched.column)} FROM {of} AS r" for of in rows)
    return _LOCK.format(parent=table(touched.table), key=column(touched.key), referenced=referenced)
