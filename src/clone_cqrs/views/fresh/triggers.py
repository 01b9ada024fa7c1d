"""The trigger functions that note which keys a write has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from textwrap import indent

from clone_cqrs.views.fresh.change_table import ChangeTable
from clone_cqrs.views.fresh.names import bare, column, literal, table
from clone_cqrs.views.view import Through, Touched

_FUNCTION = """\
-- Notes which rows of {views} a change of {table} touches, in the same transaction.
--
{how}
-- It names the schema of all it uses, operators, too, because setting a search_path would cost each write more.
CREATE {or_replace}FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
{inserted}
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN
{lock_updated}        INSERT INTO {changes} ({columns})
{updated};
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
{lock_deleted}{deleted}
    ELSE
        -- Every key: those that the view has, and those that it may not have yet.
        IF pg_catalog.current_setting('transaction_isolation')
            OPERATOR(pg_catalog.<>) ALL ('{{read committed,read uncommitted}}'::pg_catalog.text[])
        THEN
            RAISE invalid_transaction_state USING MESSAGE =
                'TRUNCATE of a table that a fresh reading follows needs READ COMMITTED: an older snapshot lacks keys';
        END IF;
        INSERT INTO {changes} ({columns})
{every};
    END IF;
    RETURN NULL;
END
$$
"""
_NOTED = """\
        -- More than one row? One, as most are, has no keys that are the same, and looks up one.
        PERFORM FROM {rows} OFFSET 1;
        IF FOUND THEN
            INSERT INTO {changes} ({columns})
{of_many};
        ELSE
            INSERT INTO {changes} ({columns})
{of_one};
        END IF;"""
# Up to a LIMIT that is none, as the planner cannot know, it goes by the index's order: a plan made while the table was small
# does not read the whole of it when it has grown.
_IN_ORDER = "ORDER BY p.{key} LIMIT (SELECT NULL::pg_catalog.int8)"
_LOCK = f"""\
        -- In the order of keys, before their owners are looked up: no parent moves until this transaction ends.
        PERFORM FROM {{parent}} AS p
        WHERE p.{{key}} OPERATOR(pg_catalog.=) ANY (ARRAY({{referenced}}))
        {_IN_ORDER} FOR KEY SHARE;
"""
_DIRECT = "SELECT {values} FROM {rows} AS r WHERE {known}"
_THROUGH_ONE = """\
SELECT {values} FROM {parent} AS p
WHERE p.{key} OPERATOR(pg_catalog.=) (SELECT r.{column} FROM {rows} AS r) AND {known}"""
# By an array: each parent is looked up once, however many rows reference it.
_THROUGH_MANY = f"""\
SELECT {{values}} FROM {{parent}} AS p
WHERE p.{{key}} OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT r.{{column}} FROM {{rows}} AS r)) AND {{known}}
{_IN_ORDER}"""
_DISTINCT = "SELECT DISTINCT k.* FROM ({keys}) AS k"
_EVERY = """\
SELECT {of_view} FROM {view} AS v
UNION
SELECT {of_changes} FROM {changes} AS c WHERE {known}"""
_UNION = "\nUNION\n"
_IN_IT = "-- The keys are in the changed rows themselves."
_LOOKED_UP = "-- The keys are looked up in {}; an INSERT has its row locked by the foreign key."


@dataclass(frozen=True, slots=True)
class _Touch:
    """What a changed row notes: values for the first columns of the table of changes, of which so many have to be known."""

    touched: Touched
    values: tuple[str, ...]
    known: int


def trigger_function(changes: ChangeTable, changed: str) -> str:
    """The statement that makes the function for one table."""
    touches = _touches(changes, changed)
    into = {
        "changes": changes.names.changes.quoted,
        "columns": ", ".join(map(bare, list(changes.columns)[: len(touches[0].values)])),
    }
    return _FUNCTION.format(
        views=" and ".join(member.names.view.quoted for member, _ in changes.touching(changed)),
        table=table(changed),
        how="\n".join(
            dict.fromkeys(
                _LOOKED_UP.format(table(each.touched.table)) if isinstance(each.touched, Through) else _IN_IT
                for each in touches
            )
        ),
        or_replace="OR REPLACE " if changes.members[0].beside else "",
        function=changes.names.trigger(changed).quoted,
        inserted=_noted(touches, "new_rows", into),
        updated=indent(_keys_of_many(touches, "old_rows", "new_rows"), " " * 8),
        deleted=_noted(touches, "old_rows", into),
        lock_updated=_locks(touches, "old_rows", "new_rows"),
        lock_deleted=_locks(touches, "old_rows"),
        every=indent(_every(changes, changed, len(touches[0].values)), " " * 8),
        **into,
    )


def triggers(changes: ChangeTable, changed: str) -> str:
    """The statement that makes a table call its function."""
    function = changes.names.trigger(changed).quoted
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


def _touches(changes: ChangeTable, changed: str) -> list[_Touch]:
    """One for all views that look in the same place for the same columns, the one with the most columns first."""
    found: list[_Touch] = []
    for member, touched in changes.touching(changed):
        values = tuple(map(column, member.view.columns_of(touched).values()))
        for place, wider in enumerate(found):
            if _place(wider.touched) == _place(touched) and wider.values[: len(values)] == values:
                found[place] = replace(wider, known=min(wider.known, len(values)))
                break
        else:
            found.append(_Touch(touched, values, len(values)))
    return found


def _place(touched: Touched) -> tuple[str, str, str] | None:
    return (touched.column, touched.table, touched.key) if isinstance(touched, Through) else None


def _noted(touches: list[_Touch], rows: str, into: Mapping[str, str]) -> str:
    of_many, of_one = (indent(keys(touches, rows), " " * 12) for keys in (_keys_of_many, _keys_of_one))
    return _NOTED.format(rows=rows, of_many=of_many, of_one=of_one, **into)


def _keys_of_one(touches: list[_Touch], rows: str) -> str:
    width = len(touches[0].values)
    return "\nUNION ALL\n".join(_keys(each, rows, width, _THROUGH_ONE) for each in touches)


def _keys_of_many(touches: list[_Touch], *rows: str) -> str:
    """Each key once."""
    width = len(touches[0].values)
    found = [_keys(each, of, width, _THROUGH_MANY) for of in rows for each in touches]
    if len(found) > 1:
        return _UNION.join(f"({keys})" for keys in found)
    touched = touches[0].touched
    of_each_once = isinstance(touched, Through) and column(touched.key) in touches[0].values
    return found[0] if of_each_once else _DISTINCT.format(keys=found[0])


def _keys(touch: _Touch, rows: str, width: int, through: str) -> str:
    touched = touch.touched
    holder = "p" if isinstance(touched, Through) else "r"
    values = [f"{holder}.{value}" for value in touch.values]
    known = " AND ".join(f"{value} IS NOT NULL" for value in values[: touch.known])
    listed = ", ".join(_filled(values, width))
    if not isinstance(touched, Through):
        return _DIRECT.format(values=listed, rows=rows, known=known)
    return through.format(
        values=listed,
        rows=rows,
        known=known,
        parent=table(touched.table),
        key=column(touched.key),
        column=column(touched.column),
    )


def _every(changes: ChangeTable, changed: str, width: int) -> str:
    selects = []
    for member, _ in changes.touching(changed):
        called = {column(name): column(noted) for name, noted in member.view.noted_columns.items()}
        selects.append(
            _EVERY.format(
                of_view=", ".join(_filled([f"v.{name}" for name in called], width)),
                view=member.names.view.quoted,
                of_changes=", ".join(_filled([f"c.{noted}" for noted in called.values()], width)),
                changes=changes.names.changes.quoted,
                known=" AND ".join(f"c.{noted} IS NOT NULL" for noted in called.values()),
            )
        )
    return _UNION.join(selects)


def _filled(values: list[str], width: int) -> list[str]:
    """NULL for what is not noted; its type is that of the first of a UNION, which has all."""
    return values + ["NULL"] * (width - len(values))


def _locks(touches: list[_Touch], *rows: str) -> str:
    return "".join(dict.fromkeys(_lock(each.touched, *rows) for each in touches))


def _lock(touched: Touched, *rows: str) -> str:
    if not isinstance(touched, Through):
        return ""
    referenced = " UNION ".join(f"SELECT r.{column(touched.column)} FROM {of} AS r" for of in rows)
    return _LOCK.format(parent=table(touched.table), key=column(touched.key), referenced=referenced)
