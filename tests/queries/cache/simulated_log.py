"""A log that a test moves by hand, where the LogFollower would be: positions are drawn, commit or not, and settle."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from tests.queries.questions import Scores, UserId, scores_on

from clone_cqrs.consistency import ConsistencyRule, EventualConsistencyHandler
from clone_cqrs.messages import DomainEvent
from clone_cqrs.queries import QueryBus
from clone_cqrs.queries.following import Following
from clone_cqrs.queries.log_follower import LogFollower, LogListener


class ScoreGiven(DomainEvent[UserId], type="score.given", aggregate="user"): ...


class SimulatedLog(LogFollower):
    """events: by position; states: what became of it. `now` is the clock of the cache as well."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.listeners: list[LogListener] = []
        self.events: dict[int, DomainEvent[Any]] = {}
        self.states: dict[int, Literal["open", "committed", "aborted"]] = {}
        self.committed_at: dict[int, float] = {}
        self.position = 0

    def add(self, listener: LogListener) -> None:
        self.listeners.append(listener)
        self.follow()

    async def start(self, timeout_s: float) -> None: ...

    def draw(self, user_id: UUID) -> int:
        """A writer draws the next position; its transaction is open."""
        position = len(self.events) + 1
        event = ScoreGiven(aggregate_id=user_id, payload={"user_id": user_id}, version=1, position=position)
        self.events[position], self.states[position] = event, "open"
        return position

    def abort(self, position: int) -> None:
        self.states[position] = "aborted"

    @property
    def settled(self) -> int:
        """Positions up to here are committed or will never be."""
        return min((position for position, state in self.states.items() if state == "open"), default=len(self.events) + 1) - 1

    def follow(self, most: int | None = None) -> None:
        """One reading of the log: what is settled is applied, at most so many events."""
        found = [p for p in range((self.position or 0) + 1, self.settled + 1) if self.states[p] == "committed"][:most]
        for position in found:
            for listener in self.listeners:
                listener.apply(self.events[position])
            self.position = position
            for listener in self.listeners:
                listener.advanced(position)
        if all(state != "committed" or position <= (self.position or 0) for position, state in self.states.items()):
            self._tell()

    def peek(self) -> None:
        """A look over a gap: all that is committed is applied, and the position stays."""
        for position, state in self.states.items():
            if state == "committed" and position > (self.position or 0):
                for listener in self.listeners:
                    listener.apply(self.events[position])
        self._tell()

    def _tell(self) -> None:
        for listener in self.listeners:
            listener.heard(self.now)


class FollowedScores:
    """A bus with a cache that follows a simulated log. An answer's points have one bit for each position that it holds."""

    def __init__(self, *, ttl: float = 60.0, max_staleness: float = 2.0, max_entries: int = 100) -> None:
        self.log = SimulatedLog()
        self.bus = QueryBus(enable_caching=True, cache_ttl=ttl, max_entries=max_entries)
        self.bus._cache.clock = lambda: self.log.now
        self.bus._following = Following(self.bus._cache, self.log, max_staleness)
        self.scores: Scores = scores_on(self.bus)
        self.consistency = EventualConsistencyHandler(self.bus)
        self.consistency.register_rule(ConsistencyRule("score.given", ("score.get",), scope="user_id"))
        self.bus._tokens.position_of = self._position_of  # type: ignore[method-assign]

    def draw(self, user_id: UUID) -> int:
        return self.log.draw(user_id)

    def commit(self, position: int, *, here: bool = False) -> None:
        """A writer commits; `here`: in this process, which hears of it before `execute` returns."""
        event = self.log.events[position]
        self.log.states[position] = "committed"
        self.log.committed_at[position] = self.log.now
        user_id = event.payload.user_id
        self.scores.points[user_id] = self.scores.points.get(user_id, 0) | 1 << position
        if here:
            self.bus._committed([event])

    def write(self, user_id: UUID, *, here: bool = False) -> int:
        position = self.draw(user_id)
        self.commit(position, here=here)
        return position

    @staticmethod
    async def _position_of(token: str) -> int:
        return int(token)
