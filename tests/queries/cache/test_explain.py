"""Where an answer would come from, and why."""

from typing import Any

import pytest
from tests.queries.cache.simulated_log import FollowedScores
from tests.queries.questions import ADA, asked, score_of

from clone_cqrs.queries import Explanation, QueryBus


@pytest.fixture
def followed() -> FollowedScores:
    return FollowedScores()


async def explained(followed: FollowedScores, **settings: Any) -> Explanation:
    loads, counted = followed.scores.loads, followed.bus.cache_statistics()
    explanation = await followed.bus.explain(score_of(ADA), **settings)
    assert (followed.scores.loads, followed.bus.cache_statistics()) == (loads, counted)
    return explanation


async def test_tells_an_entry_from_a_load(followed: FollowedScores) -> None:
    assert (await explained(followed)).source == "load"
    followed.scores.gated = True
    async with asked(followed.bus.execute(score_of(ADA))) as (task,):
        assert (await explained(followed)).source == "shared load"
        followed.scores.waiting[0].go_on()
        await task
    followed.log.now += 1
    followed.log.follow()
    found = await explained(followed)
    assert (found.source, found.stamp, found.expires_in, found.keeps) == ("entry", 0, 59, True)


async def test_says_why_an_entry_is_not_used(followed: FollowedScores) -> None:
    await followed.bus.execute(score_of(ADA))
    position = followed.write(ADA)
    assert "token at 1" in (await explained(followed, at_least=str(position))).reason
    assert "strong" in (await explained(followed, consistency="strong")).reason
    assert "never asked by this caller" in (await explained(followed, roles={"admin"})).reason
    followed.log.now += 61
    assert "has not heard" in (await explained(followed)).reason
    followed.log.follow()
    await followed.bus.execute(score_of(ADA))
    followed.log.now += 61
    followed.log.follow()
    assert "time to live" in (await explained(followed)).reason


async def test_says_that_nothing_is_kept_without_a_cache(followed: FollowedScores) -> None:
    bus = QueryBus()
    bus.register("score.get", followed.scores)
    assert "keeps no answers" in str(await bus.explain(score_of(ADA)))


async def test_says_why_it_is_refused(followed: FollowedScores) -> None:
    system = await followed.bus.explain(score_of(ADA, "system"), roles=())
    assert (system.source, system.reason.split(":")[0]) == ("refused", "forbidden")
