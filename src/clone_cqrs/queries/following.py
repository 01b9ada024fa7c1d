"""What ties a bus's cache to the log: its position, whether the log was heard from lately, and who applies events to it."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from clone_cqrs.messages import DomainEvent
from clone_cqrs.queries.cache.cache import QueryCache
from clone_cqrs.queries.log_follower import LogFollower
from clone_cqrs.telemetry import get_logger

_log = get_logger(__name__)
_FIRST_WORD_S = 1.0

Applier = Callable[[DomainEvent[Any]], None]


class Following:
    """The listener of one cache. The cache has no position, and is not usable, before the log was heard from once.

    max_staleness: seconds after which a cache that hears nothing is not used.
    """

    def __init__(self, cache: QueryCache, follower: LogFollower, max_staleness: float) -> None:
        self._cache = cache
        self._appliers: dict[str, list[Applier]] = {}
        self._silent = False
        self._follows = False
        self.follower = follower
        self.max_staleness = max_staleness
        self.types = self._appliers.keys()
        cache.usable_until = -inf
        follower.add(self)

    def on(self, event_type: str, applier: Applier) -> None:
        """Call `applier(event)` for every committed event of a type, of any process; again when its position settles."""
        appliers = self._appliers.setdefault(event_type, [])
        if applier not in appliers:
            appliers.append(applier)

    async def is_usable(self, timeout: float | None) -> bool:
        """Whether the cache may be used now. The first to ask waits for the first word from the log, for a second at most."""
        if self._cache.is_usable:
            return True
        await self.follower.start(_FIRST_WORD_S if timeout is None else min(timeout, _FIRST_WORD_S))
        if self._cache.is_usable:
            return True
        self._cache.count_bypassed()
        if self._follows and not self._silent:
            self._silent = True
            _log.warning("cache_not_used", reason="no word from the log", max_staleness_s=self.max_staleness)
        return False

    def apply(self, event: DomainEvent[Any]) -> None:
        for applier in self._appliers.get(event.event_type, ()):
            applier(event)

    def advanced(self, position: int) -> None:
        self._cache.position = position

    def heard(self, at: float) -> None:
        self._cache.usable_until = at + self.max_staleness
        self._follows = True
        if self._silent and self._cache.is_usable:
            self._silent = False
            _log.info("cache_used_again", position=self._cache.position)

    def lost(self) -> None:
        self._cache.usable_until = -inf
        self._cache.clear()
