"""Whether views are, in the database, what their declarations say."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.telemetry import get_logger
from clone_cqrs.views.catalog.declaration import declaration_findings
from clone_cqrs.views.catalog.finding import ViewFinding
from clone_cqrs.views.catalog.parts import part_findings
from clone_cqrs.views.fresh.names import FreshNames
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView

_COLUMNS = statement("clone_cqrs.views", "columns")
_log = get_logger(__name__)


async def check_views(database: Database, views: Iterable[MaterializedView]) -> tuple[ViewFinding, ...]:
    """All that is wrong with views as they are in the database, and with their declarations against it.

    Reads the catalog, and plans; takes no locks that anybody waits for. A view without `changes` has little that can be wrong.
    Raises: asyncpg's error where the role may not read what it takes, or the toolkit's schema is not there.
    """
    findings: list[ViewFinding] = []
    async with database.connection() as connection:
        for view in views:
            async with connection.transaction(readonly=True):
                findings += await findings_of(connection, view)
    return tuple(findings)


async def findings_of(connection: asyncpg.Connection, view: MaterializedView) -> list[ViewFinding]:
    """Those of one view. In a transaction, whose settings for planning change."""
    findings = await part_findings(connection, view)
    if view.changes and not any(finding.code == "view_missing" for finding in findings):
        findings += await _declaration(connection, view)
    return findings


async def log_view_findings(database: Database, views: Iterable[MaterializedView]) -> tuple[ViewFinding, ...]:
    """What is wrong with the parts of views, told to the log: at start, which nothing of it may prevent.

    Parts alone, a millisecond or two for each view; declarations are checked when views are made, and by `check_views`. Views
    that are not there yet are none of its business: whoever reads them will be told.
    """
    findings: list[ViewFinding] = []
    try:
        async with database.connection() as connection:
            for view in views:
                findings += await part_findings(connection, view)
    except asyncpg.PostgresError as error:
        _log.warning("views_not_checked", error=type(error).__name__)
    findings = [finding for finding in findings if finding.code != "view_missing"]
    for finding in findings:
        told = _log.warning if finding.is_warning else _log.error
        told("view_finding", view=finding.view, code=finding.code, message=finding.message)
    return tuple(findings)


async def _declaration(connection: asyncpg.Connection, view: MaterializedView) -> list[ViewFinding]:
    definition = FreshNames.of(view).definition
    types = {row["name"]: row["type"] for row in await connection.fetch(_COLUMNS, definition.quoted)}
    unknown = [name for name in (*view.change_columns, *view.time_columns) if ViewName.parse(name).name not in types]
    if unknown:
        text = f"{definition} has no column {', '.join(unknown)}: it is not the definition of this view"
        return [ViewFinding(view.name, "column_missing", text, str(definition), ", ".join(unknown))]
    return await declaration_findings(connection, view, definition, types)
