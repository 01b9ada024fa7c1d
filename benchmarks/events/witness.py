"""What a handler saw, checked: a run in which an event was lost, repeated or turned around has no figures."""

from __future__ import annotations

import time
from array import array
from typing import Any

from clone_cqrs.messages import DomainEvent


class Witness:
    """A handler that keeps the position of each event and the moment it was handed over, and nothing else."""

    def __init__(self) -> None:
        self.positions = array("q")
        self.moments = array("d")
        self._newest: dict[str, int] = {}
        self.inverted = 0

    async def __call__(self, event: DomainEvent[Any]) -> None:
        assert event.position is not None
        self.moments.append(time.perf_counter())
        self.positions.append(event.position)
        version = event.version or 0
        self.inverted += version <= self._newest.get(event.aggregate_id, 0)
        self._newest[event.aggregate_id] = version

    def fault(self, logged: set[int]) -> str | None:
        """What is wrong with the run; None when nothing is."""
        return fault(list(self.positions), logged, self.inverted)


def fault(seen: list[int], logged: set[int], inverted: int) -> str | None:
    """What is wrong with positions that were seen, compared with those that are logged."""
    missed, repeated = len(logged - set(seen)), len(seen) - len(set(seen))
    if missed or repeated or inverted or set(seen) - logged:
        return f"INVALID: {missed} lost, {repeated} repeated, {inverted} inverted"
    return None
