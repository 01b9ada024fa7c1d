"""Every answer against a model that has no cache: for each level, the writes that it must hold, whatever the schedule.

Writers of this process and of others draw positions, commit late or never; loads take their time; the log is read in steps, or
not at all for a while. Planted and seen: every bug of test_planted_bugs but the last, whose answers test_isolation tells apart.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.queries.cache.simulated_log import FollowedScores
from tests.queries.questions import GetScore, Score, quiet, score_of

from clone_cqrs.messages import QueryResult

USERS = [UUID(int=1), UUID(int=2)]
TTL, STALENESS = 6.0, 2.0
users = st.sampled_from([USERS[0], USERS[0], USERS[1]])
held = st.sampled_from([False, False, True])
ROLES: list[frozenset[str] | None] = [None, None, frozenset({"admin"})]


@dataclass
class Asked:
    """One question under way, and the writes that its answer must hold, one bit each."""

    user: UUID
    actor: str
    roles: frozenset[str]
    must_hold: int
    task: asyncio.Task[QueryResult[Score]]


class LevelsMachine(RuleBasedStateMachine):
    """session: this process's own writes, and all others max_staleness after their commit; with a token, that write as well;
    strong: everything; eventual: everything older than the time to live. And each caller's answer was loaded for that caller.
    """

    @initialize()
    def start(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.followed = FollowedScores(ttl=TTL, max_staleness=STALENESS, max_entries=3)
        self.log, self.scores = self.followed.log, self.followed.scores
        self.scores.gated = True
        self.own: dict[UUID, int] = dict.fromkeys(USERS, 0)
        self.asked: list[Asked] = []
        self.objects: dict[tuple[UUID, str], GetScore] = {}

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        for asked in self.asked:
            asked.task.cancel()
        self.let_run()
        self.loop.close()

    def let_run(self) -> None:
        self.loop.run_until_complete(quiet())
        for asked in [each for each in self.asked if each.task.done()]:
            self.asked.remove(asked)
            if asked.task.cancelled():
                continue
            answer = asked.task.result().unwrap()
            assert answer.user_id == asked.user
            missing = asked.must_hold & ~answer.points
            assert not missing, f"the answer {answer.points:b} lacks {missing:b}"

    def committed(self, user: UUID, until: float) -> int:
        at = self.log.committed_at
        return sum(1 << position for position, when in at.items() if when <= until and self.about(position) == user)

    def about(self, position: int) -> UUID:
        user: UUID = self.log.events[position].payload.user_id
        return user

    @rule(
        user=users,
        level=st.sampled_from(["session", "session", "eventual", "strong"]),
        roles=st.sampled_from(ROLES),
        again=st.booleans(),
        held=held,
    )
    def ask(self, user: UUID, level: Any, roles: frozenset[str] | None, again: bool, held: bool) -> None:
        must_hold = {
            "session": self.own[user] | self.committed(user, self.log.now - STALENESS),
            "eventual": self.committed(user, self.log.now - TTL),
            "strong": self.committed(user, self.log.now),
        }[level]
        self.put(user, must_hold, roles, again, held, consistency=None if level == "session" else level)

    @precondition(lambda self: self.log.committed_at)
    @rule(data=st.data(), again=st.booleans(), level=st.sampled_from([None, "eventual"]), held=held)
    def ask_with_a_token(self, data: st.DataObject, again: bool, level: Any, held: bool) -> None:
        position = data.draw(st.sampled_from(sorted(self.log.committed_at)))
        self.put_with_token(position, again, held, consistency=level)

    @rule(user=users)
    def ask_with_a_token_that_is_older_and_committed_later(self, user: UUID) -> None:
        older, newer = self.followed.draw(user), self.followed.write(user)
        self.put_with_token(newer)
        self.followed.commit(older)
        self.put_with_token(older)

    def put_with_token(self, position: int, again: bool = False, held: bool = False, **how: Any) -> None:
        user = self.about(position)
        must_hold = self.own[user] | self.committed(user, self.log.now - STALENESS) | 1 << position
        self.put(user, must_hold, None, again, held, at_least=str(position), **how)

    def put(self, user: UUID, must_hold: int, roles: frozenset[str] | None, again: bool, held: bool, **how: Any) -> None:
        query = self.objects.setdefault((user, "ada"), score_of(user, "ada")) if again else score_of(user, "ada")
        task = self.loop.create_task(self.followed.bus.execute(query, roles=roles, **how))
        self.asked.append(Asked(user, "ada", roles or frozenset(), must_hold, task))
        begun = list(self.scores.waiting)
        self.let_run()
        for waiting in [] if held else [each for each in self.scores.waiting if each not in begun]:
            waiting.go_on()
        self.let_run()

    @precondition(lambda self: self.scores.waiting)
    @rule(data=st.data())
    def finish_a_load(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.scores.waiting)).go_on()
        self.let_run()

    @rule(user=users, here=st.booleans())
    def write(self, user: UUID, here: bool) -> None:
        position = self.followed.write(user, here=here)
        self.own[user] |= (1 << position) if here else 0

    @rule(user=users)
    def draw_a_position(self, user: UUID) -> None:
        self.followed.draw(user)

    @precondition(lambda self: "open" in self.log.states.values())
    @rule(data=st.data(), how=st.sampled_from(["elsewhere", "here", "never"]))
    def end_a_writer(self, data: st.DataObject, how: str) -> None:
        position = data.draw(st.sampled_from([each for each, state in self.log.states.items() if state == "open"]))
        if how == "never":
            self.log.abort(position)
            return
        self.followed.commit(position, here=how == "here")
        self.own[self.about(position)] |= (1 << position) if how == "here" else 0

    @rule(user=users, here=st.booleans(), heard=st.sampled_from(["read", "peek", "later"]))
    def write_during_a_load(self, user: UUID, here: bool, heard: str) -> None:
        """The race. Step by step it takes too many of the right ones in a row to come up often."""
        self.ask(user, "session", None, again=False, held=True)
        self.write(user, here)
        if heard != "later":
            self.log.follow() if heard == "read" else self.log.peek()
        for waiting in list(self.scores.waiting):
            waiting.go_on()
        self.let_run()
        self.ask(user, "session", None, again=False, held=False)

    @rule(user=users, roles=st.sampled_from(ROLES))
    def ask_long_after_a_write(self, user: UUID, roles: frozenset[str] | None) -> None:
        """Longer than another process's write may stay unheard of; and it was not."""
        self.ask(user, "session", roles, again=False, held=False)
        self.write(user, here=False)
        self.log.follow()
        self.log.now += 1.25 * STALENESS
        self.log.follow()
        self.ask(user, "session", roles, again=False, held=False)

    @rule(most=st.sampled_from([1, None]))
    def read_the_log(self, most: int | None) -> None:
        self.log.follow(most)

    @rule()
    def look_over_a_gap(self) -> None:
        self.log.peek()

    @rule(seconds=st.sampled_from([0.5, 2.5]))
    def let_time_pass(self, seconds: float) -> None:
        self.log.now += seconds


LevelsMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestLevels = LevelsMachine.TestCase
