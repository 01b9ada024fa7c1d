"""Which events were seen lately, so that one that arrives twice, from the commit and from a subscription, works once."""

from __future__ import annotations

from uuid import UUID


class HandledEvents:
    """The ids of at least the last `capacity` events; of twice as many at the most."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._recent: set[UUID] = set()
        self._before: set[UUID] = set()

    def first_time(self, event_id: UUID) -> bool:
        """Whether this id is new; from now on it is not."""
        if event_id in self._recent or event_id in self._before:
            return False
        if len(self._recent) >= self._capacity:
            self._before, self._recent = self._recent, set()
        self._recent.add(event_id)
        return True
