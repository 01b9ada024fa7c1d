"""Events without a domain: `fact.noted`, of aggregates with short names."""

from __future__ import annotations

from typing import Any

from clone_cqrs.events.append import append_committed
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database

NOTED = "fact.noted"


def noted(aggregate_id: str = "a", *, event_type: str = NOTED, **payload: Any) -> DomainEvent[Any]:
    """One event."""
    return DomainEvent(event_type=event_type, aggregate_type="fact", aggregate_id=aggregate_id, payload=payload)


class Log:
    """Appends to the log, each event in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def note(self, *aggregate_ids: str, event_type: str = NOTED, **payload: Any) -> int:
        """One event per aggregate named; returns the last position."""
        position = 0
        for aggregate_id in aggregate_ids:
            (logged,) = await append_committed(self.database, (noted(aggregate_id, event_type=event_type, **payload),))
            position = logged.position or 0
        return position


class Seen:
    """A handler that keeps what it was given, and fails where it is told to."""

    def __init__(self) -> None:
        self.events: list[DomainEvent[Any]] = []
        self.refused: set[int] = set()
        self.attempts: list[int] = []

    async def __call__(self, event: DomainEvent[Any]) -> None:
        assert event.position is not None
        self.attempts.append(event.position)
        if event.position in self.refused:
            raise RuntimeError(f"position {event.position} is refused")
        self.events.append(event)

    @property
    def positions(self) -> list[int]:
        return [event.position or 0 for event in self.events]

    def versions(self, aggregate_id: str) -> list[int | None]:
        return [event.version for event in self.events if event.aggregate_id == aggregate_id]
