"""Entries know their position: which of them an event kills, and which a token may use. Every schedule is laid out by hand."""

import pytest
from tests.queries.cache.simulated_log import FollowedScores
from tests.queries.questions import ADA, BOB, asked, quiet, score_of


@pytest.fixture
def followed() -> FollowedScores:
    return FollowedScores()


async def points(followed: FollowedScores, **settings: object) -> tuple[int, bool]:
    answer = await followed.bus.execute(score_of(ADA), **settings)  # type: ignore[arg-type]
    return answer.unwrap().points, answer.from_cache


async def test_an_event_kills_the_load_that_it_overtakes(followed: FollowedScores) -> None:
    followed.scores.gated = True
    async with asked(followed.bus.execute(score_of(ADA))) as (early,):
        first = followed.write(ADA)
        followed.log.follow()
        async with asked(followed.bus.execute(score_of(ADA))) as (late,):
            for waiting in list(followed.scores.waiting):
                waiting.go_on()
            assert (await early).unwrap().points == 0
            assert (await late).unwrap().points == 1 << first
    assert await points(followed) == (1 << first, True)


async def test_a_load_that_ends_before_its_event_settles_dies_with_it(followed: FollowedScores) -> None:
    assert await points(followed) == (0, False)
    first = followed.write(ADA)
    assert await points(followed) == (0, True), "within max_staleness"
    followed.log.follow()
    assert await points(followed) == (1 << first, False)


async def test_an_older_position_that_commits_later_kills_what_was_loaded_in_between(followed: FollowedScores) -> None:
    older = followed.draw(ADA)
    newer = followed.write(ADA, here=True)
    assert await points(followed) == (1 << newer, False)
    assert await points(followed) == (1 << newer, True)
    followed.commit(older)
    followed.log.follow()
    assert await points(followed) == (1 << older | 1 << newer, False)


async def test_the_writer_drops_its_own_entries_at_once_and_again_when_the_position_settles(followed: FollowedScores) -> None:
    await points(followed)
    position = followed.write(ADA, here=True)
    assert await points(followed) == (1 << position, False)
    assert await points(followed) == (1 << position, True)
    followed.log.follow()
    assert await points(followed) == (1 << position, False), "its stamp was below"
    assert await points(followed) == (1 << position, True)


async def test_an_event_leaves_the_entries_that_hold_it(followed: FollowedScores) -> None:
    position = followed.write(ADA, here=True)
    followed.log.follow()
    await points(followed)
    await followed.consistency.handle_event(followed.log.events[position])
    followed.log.peek()
    assert await points(followed) == (1 << position, True)


async def test_other_users_entries_stay(followed: FollowedScores) -> None:
    await points(followed)
    followed.write(BOB)
    followed.log.follow()
    assert (await points(followed))[1]


async def test_a_token_passes_over_entries_below_it_and_never_waits(followed: FollowedScores) -> None:
    await points(followed)
    position = followed.write(ADA)
    assert await points(followed, at_least=str(position)) == (1 << position, False)
    assert await points(followed, at_least=str(position)) == (1 << position, True), "loaded for this very token"
    assert followed.bus.cache_statistics().passed_over == 1
    followed.log.follow()
    assert await points(followed, at_least=str(position)) == (1 << position, False)
    assert await points(followed, at_least=str(position)) == (1 << position, True), "its stamp is the token's position"
    later = followed.write(BOB)
    assert not (await points(followed, at_least=str(later)))[1]
    assert (await points(followed, at_least=str(later)))[1]
    assert (await points(followed, at_least=str(position)))[1]


async def test_an_answer_loaded_for_one_token_does_not_serve_an_older_one_that_was_still_open(followed: FollowedScores) -> None:
    older = followed.draw(ADA)
    newer = followed.write(ADA)
    assert await points(followed, at_least=str(newer)) == (1 << newer, False)
    followed.commit(older)
    assert await points(followed, at_least=str(older)) == (1 << older | 1 << newer, False)


async def test_concurrent_questions_with_one_token_load_once(followed: FollowedScores) -> None:
    position = followed.write(ADA)
    followed.scores.gated = True
    async with asked(*(followed.bus.execute(score_of(ADA), at_least=str(position)) for _ in range(5))) as tasks:
        assert followed.scores.loads == 1
        followed.scores.waiting[0].go_on()
        await quiet()
        assert {task.result().unwrap().points for task in tasks} == {1 << position}


async def test_a_silent_log_makes_the_cache_unused_until_it_is_heard_again(followed: FollowedScores) -> None:
    query = score_of(ADA)
    for _ in range(3):
        await followed.bus.execute(query)
    missed = followed.write(ADA)
    followed.log.now += 1.9
    assert (await followed.bus.execute(query)).from_cache
    followed.log.now += 0.1
    for question in (query, score_of(ADA)):
        answer = await followed.bus.execute(question)
        assert (answer.unwrap().points, answer.from_cache) == (1 << missed, False)
    statistics = followed.bus.cache_statistics()
    assert (statistics.bypassed, statistics.usable, statistics.loads) == (2, False, 1)
    followed.log.follow()
    assert followed.bus.cache_statistics().usable
    assert await points(followed) == (1 << missed, False)
    assert await points(followed) == (1 << missed, True)


async def test_says_once_that_the_cache_is_not_used(followed: FollowedScores, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    for _ in range(2):
        followed.log.follow()
        await points(followed)
        followed.log.now += 2
        for _ in range(3):
            await points(followed)
    followed.log.follow()
    assert caplog.text.count("cache_not_used") == 2
    assert caplog.text.count("cache_used_again") == 2


async def test_nothing_is_kept_before_the_cache_has_a_position() -> None:
    followed = FollowedScores()
    followed.bus._cache.usable_until = float("-inf")
    for _ in range(2):
        assert await points(followed) == (0, False)
    assert followed.bus.cache_statistics().entries == 0


async def test_a_slow_writer_below_does_not_cost_the_cache(followed: FollowedScores) -> None:
    followed.draw(BOB)
    await points(followed)
    for _ in range(3):
        seen = followed.write(ADA)
        followed.log.now += 1
        followed.log.follow()
        followed.log.peek()
        assert (await points(followed))[0] >> seen & 1
        assert (await points(followed))[1]


async def test_a_query_type_may_have_a_level_of_its_own() -> None:
    from tests.queries.questions import GetBag

    from clone_cqrs.dispatch.policies import anyone
    from clone_cqrs.queries import QueryBus, current_consistency

    bus = QueryBus(enable_caching=True)
    levels: list[str] = []

    @bus.handles(GetBag, policy=anyone, consistency="strong")
    async def bag(query: GetBag) -> None:
        levels.append(current_consistency())

    query = GetBag({"user_id": ADA}, ADA)
    for level in (None, None, "session", "session", "eventual"):
        await bus.execute(query, consistency=level)
    assert levels == ["strong", "strong", "session"]

    eventual = QueryBus(enable_caching=True)

    @eventual.handles(GetBag, policy=anyone, consistency="eventual")
    async def bag_as_it_is(query: GetBag) -> None:
        levels.append(current_consistency())

    levels.clear()
    for _ in range(4):
        await eventual.execute(query)
    assert levels == ["eventual"]
    await eventual.execute(query, consistency="session")
    assert levels == ["eventual", "session"]
    with pytest.raises(ValueError, match="consistency"):
        QueryBus().handles(GetBag, policy=anyone, consistency="sometimes")(bag)  # type: ignore[arg-type]
