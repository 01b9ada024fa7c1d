"""What the catalog says that relations read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.names import ViewName

_RELATIONS_BEHIND = statement("clone_cqrs.consistency", "relations_behind")


class Relation(NamedTuple):
    """A table, a view or a materialized view, by its name without the schema."""

    name: str
    is_table: bool


async def relations_behind(database: Database, names: Iterable[str]) -> Mapping[str, tuple[Relation, ...]]:
    """For each name of a relation what it reads, through any number of views, itself among it; nothing where there is none."""
    found: dict[str, tuple[Relation, ...]] = {}
    for name in names:
        rows = await database.fetch(_RELATIONS_BEHIND, ViewName.parse(name).quoted)
        found[name] = tuple(Relation(row["name"], row["is_table"]) for row in rows)
    return found
