"""How far a subscription is from a position, and what holds it back."""

from __future__ import annotations

from dataclasses import dataclass

from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.statements import statement

_PROGRESS = statement("clone_cqrs.events.subscriptions", "progress")


@dataclass(frozen=True)
class Progress:
    """checkpoint: of the partition furthest behind, None while there is none; held_back: what is not handled, for people."""

    wanted: int
    checkpoint: int | None
    held_back: str | None = None

    @property
    def done(self) -> bool:
        """Whether everything up to the wanted position has been handled."""
        return self.checkpoint is not None and self.checkpoint >= self.wanted and self.held_back is None

    def __str__(self) -> str:
        if self.held_back is not None:
            return self.held_back
        if self.checkpoint is None:
            return "the subscription has not started"
        return f"the checkpoint is at {self.checkpoint}"


async def progress_of(database: Database, name: str, position: int) -> Progress:
    """How far the named subscription is, in any process."""
    async with database.acquire() as connection:
        row = await connection.fetchrow(_PROGRESS, name, position)
    assert row is not None
    held_back = None
    if row["position"] is not None:
        what = "a dead letter" if row["state"] == "dead" else f"set aside ({row['state']})"
        held_back = (
            f"{row['event_type']} at position {row['position']} of {row['aggregate_type']} {row['aggregate_id']} is {what}"
        )
    return Progress(position, row["checkpoint"], held_back)
