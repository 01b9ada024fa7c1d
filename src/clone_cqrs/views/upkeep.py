"""How the upkeep of the views with a fresh reading stands, as the database tells it."""

from __future__ import annotations

from dataclasses import dataclass

from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.fresh.readings import BALLAST

_UPKEEP = statement("clone_cqrs.views", "upkeep")


@dataclass(frozen=True, slots=True)
class ViewUpkeep:
    """view: schema and name; changes: kept now in its table, by the server's estimate; since_refresh, since_sweep: seconds,
    None before the first; swept: changes that the last sweep deleted; waits_for: why changes are not swept, None when all is
    well.
    """

    view: str
    changes: float
    since_refresh: float | None
    since_sweep: float | None
    swept: int | None
    waits_for: str | None


async def view_upkeep(database: Database) -> tuple[ViewUpkeep, ...]:
    """Of every view with a fresh reading, by name."""
    rows = await database.fetch(_UPKEEP)
    return tuple(ViewUpkeep(**{**row, "changes": max(0.0, row["changes"] - BALLAST)}) for row in rows)
