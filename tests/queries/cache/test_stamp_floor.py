"""An event that a group of entries holds passes by it; one that it does not hold finds exactly those that lack it.

Planted and seen: a floor that a lower stamp does not lower; one raised to the highest stamp of those that stay; one that is
never raised.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.queries.cache.simulated_log import FollowedScores
from tests.queries.questions import ADA, BOB, score_of

from clone_cqrs.consistency import ConsistencyRule
from clone_cqrs.queries.cache.entry import Entry
from clone_cqrs.queries.cache.partition import Partition
from clone_cqrs.queries.cache.stamp_floor import StampFloor

positions = st.integers(0, 9)


@dataclass(eq=False)
class Stamped:
    stamp: int


@given(st.lists(st.tuples(st.lists(positions, max_size=5), st.lists(positions, max_size=3))))
def test_finds_exactly_what_is_stamped_below(rounds: list[tuple[list[int], list[int]]]) -> None:
    group: list[Stamped] = []
    floor = StampFloor()
    for joining, looks in rounds:
        for stamp in joining:
            group.append(Stamped(stamp))
            floor.lower(stamp)
        for below in looks:
            expected = [each for each in group if each.stamp < below]
            found: list[Any] = floor.older(cast(list[Entry], group), below)
            assert found == expected
            group = [each for each in group if each not in found]


def test_does_not_look_through_a_group_twice_for_one_event() -> None:
    class Group:
        def __iter__(self) -> Iterator[Any]:
            raise LookupError

    floor = StampFloor()
    floor.lower(5)
    floor.lower(9)
    assert floor.older(cast(Any, Group()), 5) == []
    with pytest.raises(LookupError):
        floor.older(cast(Any, Group()), 6)
    assert floor.older(cast(Any, [Stamped(9), Stamped(12)]), 8) == []
    assert floor.older(cast(Any, Group()), 9) == []


async def test_a_subscription_that_lags_behind_the_log_costs_no_look_at_what_is_cached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    followed = FollowedScores()
    followed.consistency.register_rule(ConsistencyRule("score.given", ("score.get",)))  # the whole type
    for _ in range(3):
        followed.write(ADA)
    followed.log.follow()
    for user_id in (ADA, BOB):
        await followed.bus.execute(score_of(user_id))
    looks = 0
    look = Partition.__iter__

    def looking(self: Partition) -> Any:
        nonlocal looks
        looks += 1
        return look(self)

    monkeypatch.setattr(Partition, "__iter__", looking)
    for event in followed.log.events.values():
        followed.bus.invalidate_cache_by_type("score.get", below=event.position)
    assert (looks, followed.bus.cache_statistics().entries) == (0, 2)
    followed.write(BOB)
    followed.log.follow()
    assert followed.bus.cache_statistics().entries == 0
