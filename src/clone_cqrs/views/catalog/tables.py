"""Whether every table that a definition reads is followed."""

from __future__ import annotations

from collections.abc import Iterator

from clone_cqrs.views.catalog.finding import ViewFinding
from clone_cqrs.views.catalog.reads import Reads, Relation
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView

_UNHEARD = {
    "m": "a materialized view, whose refresh no trigger hears: read its definition instead",
    "f": "a foreign table, whose changes no trigger hears: keep a copy of it in a table of this database",
}
_BUILT_IN = "the server's own, which can have no triggers: keep what it says in a table"


def table_findings(view: MaterializedView, reads: Reads) -> Iterator[ViewFinding]:
    """Relations that are read and not followed, or that cannot be. A followed table is heard of for every column of it."""
    followed = {in_schema(table) for table in view.changes}
    for relation in reads.relations:
        table = str(relation.name)
        reason = _BUILT_IN if relation.built_in else _UNHEARD.get(relation.kind)
        if reason is not None:
            yield ViewFinding(view.name, "relation_unheard", f"its definition reads {relation}, {reason}", table)
        elif relation.name not in followed:
            yield _undeclared(view, relation)
        elif relation.in_parts:
            yield ViewFinding(
                view.name,
                "parts_unheard",
                f"{table} has partitions, or tables that inherit from it: what is written to one of them by its own name is not"
                " heard of; write by the name of the whole",
                table,
                is_warning=True,
            )


def in_schema(name: str) -> ViewName:
    """A declared name, in `public` where it names no schema."""
    parsed = ViewName.parse(name)
    return ViewName(parsed.schema or "public", parsed.name)


def _undeclared(view: MaterializedView, relation: Relation) -> ViewFinding:
    keys = ", ".join(view.key_columns)
    return ViewFinding(
        view.name,
        "table_undeclared",
        f"its definition reads {relation}, which is not among its changes, so that its rows would be stale: add"
        f" {str(relation.name)!r} to `changes`, with the column of a changed row that holds {keys}",
        str(relation.name),
        ", ".join(relation.columns) or None,
    )
