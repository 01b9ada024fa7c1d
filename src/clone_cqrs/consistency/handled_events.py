"""Which events were seen lately, so that one that arrives twice, from the commit and from a subscription, works once."""

from __future__ import annotations

from uuid import UUID


class HandledEvents:
    """The ids of at least the last `capacity` events; of twice as many at the most."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        # Their numbers: a UUID computes its hash in Python, each time anew.
        self._recent: set[int] = set()
        self._before: set[int] = set()

    def first_time(self, event_id: UUID) -> bool:
        """Whether this id is new; from now on it is not."""
        number = event_id.int
        if number in self._recent or number in self._before:
            return False
        if len(self._recent) >= self._capacity:
            self._before, self._recent = self._recent, set()
        self._recent.add(number)
        return True
