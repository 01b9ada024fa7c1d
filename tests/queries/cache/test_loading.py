"""Concurrent misses, and what overtakes a load: by a schedule that each test states."""

import asyncio
from typing import Any

import pytest
from tests.queries.questions import ADA, BOB, GetBag, Scores, asked, quiet, score_of

from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.errors import NotFoundError, QueryTimeoutError
from clone_cqrs.queries import QueryBus


async def test_concurrent_misses_of_one_key_load_once(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    async with asked(*(bus.execute(score_of()) for _ in range(50))) as tasks:
        assert scores.loads == 1
        scores.waiting[0].go_on()
        results = await asyncio.gather(*tasks)
    assert {result.unwrap().points for result in results} == {0}
    assert not any(result.from_cache for result in results)
    assert bus.cache_statistics().shared_loads == 49


async def test_other_callers_and_other_payloads_do_not_wait_for_it(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    async with asked(bus.execute(score_of(ADA)), bus.execute(score_of(ADA, BOB)), bus.execute(score_of(ADA), roles=["x"])):
        assert scores.loads == 3


async def test_a_load_goes_on_when_the_first_caller_is_cancelled(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    async with asked(bus.execute(score_of()), bus.execute(score_of())) as (first, second):
        first.cancel()
        await quiet()
        assert first.cancelled()
        scores.waiting[0].go_on()
        assert (await second).success
    assert scores.loads == 1
    assert (await bus.execute(score_of())).from_cache


async def test_a_load_is_cancelled_when_nobody_waits_for_it_any_more(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    async with asked(bus.execute(score_of()), bus.execute(score_of())) as tasks:
        for task in tasks:
            task.cancel()
        await quiet()
        assert scores.waiting == []
        # Whoever comes now begins anew, instead of joining what is being cancelled.
        async with asked(bus.execute(score_of())) as (late,):
            scores.waiting[0].go_on()
            assert (await late).success
    assert scores.loads == 2


async def test_a_newcomer_in_the_moment_of_the_last_cancellation_begins_anew(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    async with asked(bus.execute(score_of())) as (first,):
        first.cancel()
        late = asyncio.ensure_future(bus.execute(score_of()))
        await quiet()
        scores.waiting[-1].go_on()
        assert (await late).success


async def test_a_failing_load_is_told_to_all_who_wait_and_not_kept(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    async with asked(bus.execute(score_of()), bus.execute(score_of())) as tasks:
        scores.waiting[0].fail(ZeroDivisionError())
        for task in tasks:
            with pytest.raises(ZeroDivisionError):
                await task
    scores.gated = False
    assert not (await bus.execute(score_of())).from_cache


async def test_an_answered_error_is_told_to_all_who_wait_and_not_kept(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    async with asked(bus.execute(score_of()), bus.execute(score_of())) as tasks:
        scores.waiting[0].fail(NotFoundError())
        assert [type((await task).error) for task in tasks] == [NotFoundError, NotFoundError]
    assert bus.cache_statistics().entries == 0


async def test_the_impatient_gets_a_timeout_and_the_patient_the_answer(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    async with asked(bus.execute(score_of())) as (patient,):
        assert isinstance((await bus.execute(score_of(), timeout=0.01)).error, QueryTimeoutError)
        scores.waiting[0].go_on()
        assert (await patient).success
    assert scores.loads == 1


async def test_a_load_without_anyone_left_to_wait_is_stopped_at_its_timeout(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    assert isinstance((await bus.execute(score_of(), timeout=0.01)).error, QueryTimeoutError)
    await quiet()
    assert scores.waiting == []


INVALIDATIONS: list[Any] = [
    lambda bus: bus.invalidate_cache(score_of(ADA, BOB)),
    lambda bus: bus.invalidate_cache_by_type("score.get"),
    lambda bus: bus.invalidate_cache_by_scope("score.get", "user_id", ADA),
    lambda bus: bus.invalidate_cache_by_scope("score.get", "elsewhere", "x"),
    lambda bus: bus.clear_cache(),
]


@pytest.mark.parametrize("invalidate", INVALIDATIONS)
async def test_an_invalidation_during_the_load_keeps_its_result_out(bus: QueryBus, scores: Scores, invalidate: Any) -> None:
    scores.gated = True
    async with asked(bus.execute(score_of())) as (early,):
        scores.points[ADA] = 1
        assert invalidate(bus) == 1
        async with asked(bus.execute(score_of())) as (late,):
            assert scores.loads == 2
            # The newer load first: the older one must not overwrite it afterwards.
            scores.waiting[1].go_on()
            assert (await late).unwrap().points == 1
        scores.waiting[0].go_on()
        assert (await early).unwrap().points == 0
    scores.gated = False
    answer = await bus.execute(score_of())
    assert (answer.unwrap().points, answer.from_cache) == (1, True)


async def test_an_overtaken_load_leaves_no_entry_behind(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    async with asked(bus.execute(score_of())) as (early,):
        scores.points[ADA] = 1
        bus.clear_cache()
        scores.waiting[0].go_on()
        await early
    assert bus.cache_statistics().entries == 0
    scores.gated = False
    assert (await bus.execute(score_of())).unwrap().points == 1


async def test_an_invalidation_of_another_user_leaves_the_load_alone(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    async with asked(bus.execute(score_of())) as (early,):
        assert bus.invalidate_cache_by_scope("score.get", "user_id", BOB) == 0
        scores.waiting[0].go_on()
        await early
    assert (await bus.execute(score_of())).from_cache


async def test_each_of_those_who_share_a_load_gets_a_copy_of_what_can_be_changed(bus: QueryBus) -> None:
    gate = asyncio.Event()

    @bus.handles(GetBag, policy=anyone)
    async def get_bag(query: GetBag) -> dict[str, Any]:
        await gate.wait()
        return {"tags": []}

    async with asked(*(bus.execute(GetBag({"user_id": ADA}, ADA)) for _ in range(3))) as tasks:
        gate.set()
        for task in tasks:
            answer = (await task).unwrap()
            assert answer == {"tags": []}
            answer["tags"].append("mine")


async def test_each_of_those_who_share_a_load_that_cannot_be_copied_gets_an_answer_of_its_own(bus: QueryBus) -> None:
    gate = asyncio.Event()

    @bus.handles(GetBag, policy=anyone)
    async def get_bag(query: GetBag) -> dict[str, Any]:
        await gate.wait()
        return {"once": (each for each in (1, 2))}

    async with asked(*(bus.execute(GetBag({"user_id": ADA}, ADA)) for _ in range(3))) as tasks:
        gate.set()
        iterators = [(await task).unwrap()["once"] for task in tasks]
    assert len({id(each) for each in iterators}) == 3


async def test_a_query_asked_within_a_query_is_cached_by_itself(bus: QueryBus, scores: Scores) -> None:
    @bus.handles(GetBag, policy=anyone)
    async def get_bag(query: GetBag) -> dict[str, Any]:
        return {"points": (await bus.execute(score_of(query.payload.user_id))).unwrap().points}

    await bus.execute(GetBag({"user_id": ADA}, BOB))
    assert (await bus.execute(score_of())).from_cache
    assert (await bus.execute(GetBag({"user_id": ADA}, BOB))).from_cache
