"""A declaration, held against what its definition really reads and how it is planned."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

from clone_cqrs.errors import ViewRefusedError
from clone_cqrs.telemetry import get_logger
from clone_cqrs.views.catalog.columns import column_findings
from clone_cqrs.views.catalog.finding import ViewFinding
from clone_cqrs.views.catalog.functions import function_findings
from clone_cqrs.views.catalog.reads import definition_reads
from clone_cqrs.views.catalog.shape import shape_findings
from clone_cqrs.views.catalog.tables import table_findings
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView

_log = get_logger(__name__)


async def declaration_findings(
    connection: asyncpg.Connection, view: MaterializedView, definition: ViewName, types: Mapping[str, str]
) -> list[ViewFinding]:
    """All that is wrong with the declaration of a view with a fresh reading.

    definition: a plain view; types: of its columns, by name. In a transaction, which the caller rolls back. Reads the catalog
    and plans; reads no rows.
    """
    reads = await definition_reads(connection, definition)
    findings = [
        *table_findings(view, reads),
        *function_findings(view, reads),
        *await column_findings(connection, view, types),
    ]
    if any(finding.code == "column_incomparable" for finding in findings):
        return findings  # how one key is looked up cannot be planned without knowing how keys are compared
    return findings + await shape_findings(connection, view, definition, types)


def refuse_if_wrong(findings: list[ViewFinding]) -> None:
    """Raise what is wrong, all at once; log what may be. Raises: ViewRefusedError."""
    for finding in findings:
        if finding.is_warning:
            _log.warning("view_may_be_wrong", view=finding.view, code=finding.code, message=finding.message)
    wrong = [finding for finding in findings if not finding.is_warning]
    if wrong:
        raise ViewRefusedError("; ".join(map(str, wrong)))
