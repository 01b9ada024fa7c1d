"""What the log holds and what readers saw of it, compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from clone_cqrs.postgres import Database


@dataclass
class Sightings:
    """What one reader saw, in order: (position, aggregate, version)."""

    seen: list[tuple[int, str, int]] = field(default_factory=list)

    def add(self, position: int, aggregate_id: str, version: int) -> None:
        self.seen.append((position, aggregate_id, version))

    async def __call__(self, event: Any) -> None:
        self.add(event.position, event.aggregate_id, event.version)

    def missed(self, logged: Iterable[int]) -> set[int]:
        return set(logged) - {position for position, _, _ in self.seen}

    def invented(self, logged: Iterable[int]) -> set[int]:
        return {position for position, _, _ in self.seen} - set(logged)

    def repeated(self) -> dict[int, int]:
        return {position: times for position, times in Counter(position for position, _, _ in self.seen).items() if times > 1}

    def inversions(self) -> list[tuple[str, int, int]]:
        """(aggregate, version before, version): first sightings that came after a later version of their aggregate."""
        newest: dict[str, int] = {}
        known: set[int] = set()
        found = []
        for position, aggregate_id, version in self.seen:
            if position in known:
                continue
            known.add(position)
            if version <= newest.get(aggregate_id, 0):
                found.append((aggregate_id, newest[aggregate_id], version))
            newest[aggregate_id] = max(version, newest.get(aggregate_id, 0))
        return found


async def logged(database: Database) -> list[int]:
    """The positions that are committed."""
    return [row["position"] for row in await database.fetch("SELECT position FROM cqrs.event ORDER BY position")]


async def versions_agree_with_positions(database: Database) -> bool:
    """Whether every aggregate's versions are 1, 2, 3, ... in order of position."""
    wrong: int = await database.fetch_value(
        "SELECT count(*) FROM (SELECT version, row_number() OVER (PARTITION BY aggregate_type, aggregate_id ORDER BY position) "
        "AS nth FROM cqrs.event) e WHERE version <> nth"
    )
    return wrong == 0
