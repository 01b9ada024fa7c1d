"""The cache against a model that has none: any order of questions, writes, finished, failed and cancelled loads, and time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.queries.questions import GetScore, Score, Scores, Waiting, quiet, score_of, scores_on

from clone_cqrs.messages import QueryResult
from clone_cqrs.queries import QueryBus

USERS = [UUID(int=number) for number in (1, 2, 3)]
ACTORS = ["ada", "bob"]
ROLES: list[frozenset[str] | None] = [None, frozenset(), frozenset({"admin"})]
users, actors, roles = st.sampled_from(USERS), st.sampled_from(ACTORS), st.sampled_from(ROLES)

Key = tuple[UUID, str, frozenset[str], str]


@dataclass
class Asked:
    """One question under way, and the least that its answer must know."""

    key: Key
    points: int
    task: asyncio.Task[QueryResult[Score]]


class CacheMachine(RuleBasedStateMachine):
    """Every answer is at least as new as the moment in which it was asked for, and is about the user asked about.

    Besides: one load a key while nothing invalidates it; no failure kept; bounds kept; nothing left in any index.
    """

    @initialize(max_entries=st.integers(1, 4), ttl=st.sampled_from([5.0, 1_000.0]))
    def start(self, max_entries: int, ttl: float) -> None:
        self.loop = asyncio.new_event_loop()
        self.now = 0.0
        self.bus = QueryBus(enable_caching=True, cache_ttl=ttl, max_entries=max_entries)
        self.bus._cache.clock = lambda: self.now
        self.max_entries = max_entries
        self.scores: Scores = scores_on(self.bus)
        self.scores.gated = True
        self.bus.index_scope("score.get", "user_id")
        self.asked: list[Asked] = []
        self.objects: dict[tuple[UUID, str], GetScore] = {}
        self.points = dict.fromkeys(USERS, 0)
        self.joinable: dict[Key, int] = {}
        self.began_at: dict[int, float] = {}
        self.ttl = ttl

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        for asked in self.asked:
            asked.task.cancel()
        self.settle()
        self.bus.clear_cache()
        partition = self.bus._cache.partition("score.get")
        assert (list(partition), partition._by_payload) == ([], {})
        assert (partition._scopes["user_id"]._by_value, partition._scopes["user_id"]._without) == ({}, set())
        assert (self.bus.cache_statistics().entries, self.bus.cache_statistics().bytes) == (0, 0)
        assert self.scores.waiting == []
        self.loop.close()

    def settle(self) -> None:
        self.loop.run_until_complete(quiet())
        for asked in [each for each in self.asked if each.task.done()]:
            self.asked.remove(asked)
            if asked.task.cancelled() or asked.task.exception() is not None:
                continue
            answer = asked.task.result().unwrap()
            assert answer.user_id == asked.key[0]
            assert answer.points >= asked.points

    def ask_for(self, query: GetScore, roles: frozenset[str] | None, **levels: Any) -> Asked:
        key = (query.payload.user_id, query.user_id, roles or frozenset(), levels.get("consistency", "session"))
        task = self.loop.create_task(self.bus.execute(query, roles=roles, **levels))
        asked = Asked(key, self.points[query.payload.user_id], task)
        self.asked.append(asked)
        return asked

    @rule(user=users, actor=actors, roles=roles, again=st.booleans(), eventual=st.booleans())
    def ask(self, user: UUID, actor: str, roles: frozenset[str] | None, again: bool, eventual: bool) -> None:
        query = self.objects.setdefault((user, actor), score_of(user, actor)) if again else score_of(user, actor)
        before = self.scores.loads
        asked = self.ask_for(query, roles, **({"consistency": "eventual"} if eventual else {}))
        self.settle()
        if self.scores.loads > before:
            assert self.joinable.get(asked.key, 0) == 0, "a second load of a key that nothing had invalidated"
            self.joinable[asked.key] = self.scores.loads
        elif asked.task.done():
            assert asked.task.result().from_cache

    @rule(user=users, actor=actors)
    def ask_strongly(self, user: UUID, actor: str) -> None:
        before = self.scores.loads
        self.ask_for(score_of(user, actor), None, consistency="strong")
        self.settle()
        assert self.scores.loads == before + 1

    @precondition(lambda self: self.scores.waiting)
    @rule(data=st.data())
    def finish_a_load(self, data: st.DataObject) -> None:
        self.end(data.draw(st.sampled_from(self.scores.waiting)), None)

    @precondition(lambda self: self.scores.waiting)
    @rule(data=st.data())
    def fail_a_load(self, data: st.DataObject) -> None:
        self.end(data.draw(st.sampled_from(self.scores.waiting)), ZeroDivisionError())

    def end(self, waiting: Waiting, error: Exception | None) -> None:
        if error is None:
            waiting.go_on()
        else:
            waiting.fail(error)
        self.settle()
        self.forget_what_ended()

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def cancel_a_caller(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.asked)).task.cancel()
        self.settle()
        self.forget_what_ended()

    def forget_what_ended(self) -> None:
        under_way = {asked.key for asked in self.asked}
        self.joinable = {key: load for key, load in self.joinable.items() if key in under_way}

    @rule(user=users, how=st.sampled_from(["scope", "text", "question", "type", "all"]))
    def write(self, user: UUID, how: str) -> None:
        self.points[user] += 1
        self.scores.points[user] = self.points[user]
        if how in ("scope", "text"):
            self.bus.invalidate_cache_by_scope("score.get", "user_id", user if how == "scope" else str(user))
        elif how == "question":
            self.bus.invalidate_cache(score_of(user, "anybody"))
        elif how == "type":
            self.bus.invalidate_cache_by_type(GetScore)
        else:
            self.bus.clear_cache()
        self.joinable = {key: load for key, load in self.joinable.items() if key[0] != user and how not in ("type", "all")}

    @rule(seconds=st.sampled_from([1.0, 10.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def stays_within_its_bounds(self) -> None:
        if hasattr(self, "bus"):
            assert self.bus.cache_statistics().entries <= self.max_entries

    @invariant()
    def holds_only_the_truth(self) -> None:
        if not hasattr(self, "bus"):
            return
        for entry in self.bus._cache.partition("score.get"):
            if entry.result is not None:
                assert entry.result.unwrap().points == self.points[entry.payload.user_id]
                assert entry.held


CacheMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestCache = CacheMachine.TestCase
