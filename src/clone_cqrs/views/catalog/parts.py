"""Whether the parts of a view are in the database as they were made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import asyncpg

from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.catalog.finding import ViewFinding
from clone_cqrs.views.catalog.layout import change_rows, list_readings, trigger_function
from clone_cqrs.views.catalog.tables import in_schema
from clone_cqrs.views.fresh.names import FreshNames
from clone_cqrs.views.fresh.readings import BALLAST
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView

_VIEW_PARTS = statement("clone_cqrs.views.catalog", "view_parts")
_TRIGGERS_OF = statement("clone_cqrs.views.catalog", "triggers_of")
_EVENTS = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
_ENABLED = {"D": "disabled", "O": "not enabled for replicas", "R": "enabled for replicas alone"}
_AGAIN = "make it anew by a migration (`write_migration(..., replace=True)`)"


async def part_findings(connection: asyncpg.Connection, view: MaterializedView) -> list[ViewFinding]:
    """What is wrong with the parts in the database: somebody may have made them again, or switched them off, by hand."""
    names = FreshNames.of(view)
    parts = await connection.fetchrow(
        _VIEW_PARTS,
        names.view.quoted,
        names.definition.quoted,
        str(names.view),
        change_rows(view).table.quoted,
        names.fresh.quoted,
        [ViewName.parse(name).name for name in view.key_columns],
        names.unchanged.quoted,
    )
    if parts is None or parts["kind"] != "m":
        return [ViewFinding(view.name, "view_missing", "there is no such materialized view: run the migrations")]
    findings = list(_of_any_view(view, parts))
    if view.changes:
        findings += _of_fresh_view(view, names, parts)
        if not parts["fresh_lacks"]:
            findings += await _ballast(connection, view)
        findings += await _lists(connection, view)
        for table in view.changes:
            findings += await _triggers(connection, view, table)
    return findings


def _of_any_view(view: MaterializedView, parts: Any) -> Iterator[ViewFinding]:
    if not parts["has_key"]:
        columns = ", ".join(ViewName.parse(name).quoted for name in view.key_columns)
        text = (
            "it has no unique index on its key, and cannot be refreshed while it is read: CREATE UNIQUE INDEX ON"
            f" {FreshNames.of(view).view.quoted} ({columns})"
        )
        yield ViewFinding(view.name, "key_not_unique", text, None, ", ".join(view.key_columns))


def _of_fresh_view(view: MaterializedView, names: FreshNames, parts: Any) -> Iterator[ViewFinding]:
    if not parts["stamped"]:
        text = f"its query no longer stamps it, so that its changes can never be swept: {_AGAIN}"
        yield ViewFinding(view.name, "stamp_missing", text)
    if not (parts["reads_definition"] and parts["same_columns"]):
        text = f"its query is not that of {names.definition} any more: {_AGAIN}"
        yield ViewFinding(view.name, "definition_differs", text)
    if parts["fresh_lacks"]:
        text = f"{names.fresh} is missing, or does not read {', '.join(parts['fresh_lacks'])}: {_AGAIN}"
        yield ViewFinding(view.name, "fresh_differs", text)
    if not parts["registered"]:
        text = f"cqrs.view does not know it, or another table of its changes: {_AGAIN}"
        yield ViewFinding(view.name, "not_registered", text)
    if not parts["filled"] or parts["filled_elsewhere"]:
        text = "it was not filled on this server, as after a restore without its data: refresh it"
        yield ViewFinding(view.name, "not_filled", text)
    if parts["waits_for"]:
        text = f"its changes are not swept: {parts['waits_for']}"
        yield ViewFinding(view.name, "not_swept", text, is_warning=True)


async def _ballast(connection: asyncpg.Connection, view: MaterializedView) -> list[ViewFinding]:
    changes = change_rows(view)
    column = ViewName(None, next(iter(changes.columns.values()))).quoted
    rows = await connection.fetchval(f"SELECT count(*) FROM {changes.table.quoted} WHERE {column} IS NULL AND xid IS NULL")
    if rows >= BALLAST:
        return []
    text = (
        f"{changes.table} has {rows} of the {BALLAST} rows without a key that keep plans from taking it for empty, as after a"
        " restore: refresh the view, and they are put back"
    )
    return [ViewFinding(view.name, "ballast_missing", text, str(changes.table), is_warning=True)]


async def _lists(connection: asyncpg.Connection, view: MaterializedView) -> list[ViewFinding]:
    lists = list_readings(view)
    if lists is None or await connection.fetchval("SELECT to_regproc($1) IS NOT NULL", lists.fresh.quoted):
        return []
    return [ViewFinding(view.name, "list_missing", f"there is no function {lists.fresh} to read its lists: {_AGAIN}")]


async def _triggers(connection: asyncpg.Connection, view: MaterializedView, table: str) -> list[ViewFinding]:
    function, named = trigger_function(view, table), in_schema(table)
    found = await connection.fetch(_TRIGGERS_OF, named.quoted, function.schema, function.name)
    findings = []
    heard: set[str] = set()
    for trigger in (each for each in found if not each["is_partial"]):
        heard.update(trigger["events"])
        if trigger["enabled"] != "A":
            text = (
                f"the trigger {trigger['name']} of {named} is {_ENABLED[trigger['enabled']]}, so that"
                f" {', '.join(trigger['events'])} may go unheard: ALTER TABLE {named.quoted} ENABLE ALWAYS TRIGGER"
                f" {ViewName(None, trigger['name']).quoted}, and refresh the view"
            )
            findings.append(ViewFinding(view.name, "trigger_disabled", text, table))
    for event in _EVENTS:
        if event not in heard:
            text = (
                f"{event} of {named} goes unheard, in all of its rows and columns or in some: no trigger calls {function}. Drop"
                f" what is left of its triggers, SELECT cqrs.follow_changes('{named.quoted}', '{function.quoted}'), and refresh"
                " the view"
            )
            findings.append(ViewFinding(view.name, "trigger_missing", text, table))
    return findings
