"""What is answered from the cache, to whom, and for how long."""

import copy
import pickle
from datetime import timedelta
from typing import Any

from pydantic import SecretStr
from tests.queries.questions import ADA, BOB, Clock, GetBag, GetScore, Scores, UserId, score_of, scores_on

from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.errors import NotFoundError
from clone_cqrs.messages import Payload, Query, QueryResult
from clone_cqrs.queries import QueryBus
from clone_cqrs.queries.cache.entry import Entry


async def test_answers_an_equal_question_of_the_same_caller_from_the_cache(bus: QueryBus, scores: Scores) -> None:
    first = await bus.execute(score_of())
    second = await bus.execute(score_of())
    assert (first.from_cache, second.from_cache) == (False, True)
    assert first.data == second.data
    assert first.timestamp == second.timestamp
    assert scores.loads == 1


async def test_answers_the_same_question_object_again_and_again(bus: QueryBus, scores: Scores) -> None:
    query = score_of()
    assert [(await bus.execute(query)).from_cache for _ in range(5)] == [False, True, True, True, True]
    assert bus.cache_statistics().hits == 4
    bus.clear_cache()
    assert [(await bus.execute(query)).from_cache for _ in range(3)] == [False, True, True]


async def test_has_no_cache_unless_asked_for() -> None:
    bus = QueryBus()
    scores = scores_on(bus)
    for _ in range(3):
        assert not (await bus.execute(score_of())).from_cache
    assert scores.loads == 3
    assert (bus.clear_cache(), bus.invalidate_cache(score_of()), bus.invalidate_cache_by_type(GetScore)) == (0, 0, 0)


async def test_callers_and_roles_have_entries_of_their_own(bus: QueryBus, scores: Scores) -> None:
    query = score_of(ADA)
    for _ in range(3):
        await bus.execute(query)
        await bus.execute(score_of(ADA, BOB))
        await bus.execute(query, roles=["admin"])
        await bus.execute(query, roles=["admin", "auditor"])
        await bus.execute(query, roles=("auditor", "admin", "admin"))
        await bus.execute(query, roles=())
    assert scores.loads == 4


async def test_an_entry_is_not_used_after_its_time(bus: QueryBus, scores: Scores, clock: Clock) -> None:
    query = score_of()
    for _ in range(3):
        await bus.execute(query)
    clock.now += 59.9
    assert (await bus.execute(query)).from_cache
    assert (await bus.execute(score_of())).from_cache
    clock.now += 0.2
    assert not (await bus.execute(query)).from_cache
    assert (await bus.execute(query)).from_cache
    clock.now += 61
    assert not (await bus.execute(score_of())).from_cache
    assert bus.cache_statistics().expirations == 2


async def test_a_handler_may_keep_its_answers_for_another_time(bus: QueryBus, clock: Clock) -> None:
    @bus.handles(GetScore, policy=anyone, cache_ttl=timedelta(seconds=5))
    async def get_score(query: GetScore) -> None:
        return None

    await bus.execute(score_of())
    clock.now += 4
    assert (await bus.execute(score_of())).from_cache
    clock.now += 2
    assert not (await bus.execute(score_of())).from_cache


async def test_age_counts_from_the_start_of_the_load(bus: QueryBus, clock: Clock) -> None:
    @bus.handles(GetScore, policy=anyone)
    async def get_score(query: GetScore) -> None:
        clock.now += 50

    await bus.execute(score_of())
    clock.now += 9
    assert (await bus.execute(score_of())).from_cache
    clock.now += 2
    assert not (await bus.execute(score_of())).from_cache


async def test_failures_are_not_kept(bus: QueryBus) -> None:
    runs = 0

    @bus.handles(GetScore, policy=anyone)
    async def get_score(query: GetScore) -> QueryResult[Any]:
        nonlocal runs
        runs += 1
        if runs % 2:
            raise NotFoundError
        return QueryResult(False, None, NotFoundError())

    for _ in range(4):
        assert (await bus.execute(score_of())).error is not None
    assert runs == 4
    assert bus.cache_statistics().entries == 0


async def test_a_none_is_an_answer_like_any_other(bus: QueryBus) -> None:
    @bus.handles(GetScore, policy=anyone)
    async def get_score(query: GetScore) -> None:
        return None

    assert not (await bus.execute(score_of())).from_cache
    assert (await bus.execute(score_of())).from_cache


async def test_a_caller_cannot_change_the_answer_of_another(bus: QueryBus) -> None:
    kept: dict[str, Any] = {"tags": ["a"]}

    @bus.handles(GetBag, policy=anyone)
    async def get_bag(query: GetBag) -> dict[str, Any]:
        return kept

    query = GetBag({"user_id": ADA}, ADA)
    for _ in range(4):
        answer = (await bus.execute(query)).unwrap()
        assert answer == {"tags": ["a"]}
        answer["tags"].append("mine")
        answer["more"] = 1
    kept["tags"].append("changed by the handler")
    assert (await bus.execute(GetBag({"user_id": ADA}, ADA))).unwrap() == {"tags": ["a"]}


async def test_what_cannot_be_copied_is_not_kept(bus: QueryBus) -> None:
    @bus.handles(GetBag, policy=anyone)
    async def get_bag(query: GetBag) -> dict[str, Any]:
        return {"generator": (each for each in (1, 2))}

    for _ in range(3):
        assert not (await bus.execute(GetBag({"user_id": ADA}, ADA))).from_cache
    assert bus.cache_statistics().uncached == 3


async def test_a_question_with_a_secret_is_not_kept(bus: QueryBus) -> None:
    class Pin(Payload):
        pin: SecretStr

    class CheckPin(Query[Pin, bool], type="pin.check"): ...

    @bus.handles(CheckPin, policy=anyone)
    async def check_pin(query: CheckPin) -> bool:
        return query.payload.pin.get_secret_value() == "1234"

    for pin, right in [("1234", True), ("4321", False), ("1234", True)]:
        result = await bus.execute(CheckPin({"pin": pin}, ADA))
        assert (result.data, result.from_cache) == (right, False)
    assert bus.invalidate_cache(CheckPin({"pin": "1234"}, ADA)) == 0
    assert bus.cache_statistics().entries == 0


async def test_a_payload_of_a_subclass_has_a_key_of_its_own(bus: QueryBus, scores: Scores) -> None:
    class Verbose(UserId):
        verbose: bool = True

    await bus.execute(GetScore(UserId(user_id=ADA), ADA))
    await bus.execute(GetScore(Verbose(user_id=ADA), ADA))
    await bus.execute(GetScore(Verbose(user_id=ADA, verbose=False), ADA))
    assert scores.loads == 3


async def test_a_payload_that_was_never_validated_and_has_no_key_is_answered_without_the_cache(bus: QueryBus) -> None:
    @bus.handles(GetScore, policy=anyone)
    async def get_score(query: GetScore) -> None:
        return None

    query = GetScore(UserId.model_construct(user_id=[ADA]), ADA)
    for _ in range(3):
        assert not (await bus.execute(query)).from_cache
    assert bus.cache_statistics().uncached == 3


async def test_strong_neither_reads_nor_fills(bus: QueryBus, scores: Scores) -> None:
    query = score_of()
    await bus.execute(query, consistency="strong")
    assert not (await bus.execute(query)).from_cache
    assert (await bus.execute(query)).from_cache
    assert not (await bus.execute(query, consistency="strong")).from_cache


async def test_eventual_takes_what_a_session_loaded_but_never_gives_to_one(bus: QueryBus, scores: Scores) -> None:
    query = score_of()
    assert not (await bus.execute(query, consistency="eventual")).from_cache
    assert (await bus.execute(query, consistency="eventual")).from_cache
    assert not (await bus.execute(query)).from_cache
    bus.clear_cache()
    await bus.execute(query)
    assert (await bus.execute(query, consistency="eventual")).from_cache


async def test_a_question_asked_on_two_buses_is_answered_by_each(bus: QueryBus, scores: Scores) -> None:
    other = QueryBus(enable_caching=True)
    scores_on(other).points[ADA] = 5
    query = score_of()
    for _ in range(4):
        assert (await bus.execute(query)).unwrap().points == 0
        assert (await other.execute(query)).unwrap().points == 5


async def test_a_copy_of_a_question_takes_nothing_of_the_cache_along(bus: QueryBus, scores: Scores) -> None:
    query = score_of()
    for _ in range(3):
        await bus.execute(query)
    assert (await bus.execute(copy.copy(query))).from_cache
    (entry,) = (value for value in vars(query).values() if isinstance(value, Entry))
    assert copy.deepcopy(entry) is None
    assert pickle.loads(pickle.dumps(entry)) is None


async def test_repr_and_equality_of_a_question_do_not_show_that_it_was_asked(bus: QueryBus, scores: Scores) -> None:
    query = score_of()
    before = repr(query)
    for _ in range(3):
        await bus.execute(query)
    assert repr(query) == before


async def test_drops_by_question_by_type_and_all(bus: QueryBus, scores: Scores) -> None:
    async def fill() -> None:
        for query in (score_of(ADA), score_of(ADA, BOB), score_of(BOB)):
            await bus.execute(query)

    await fill()
    assert bus.invalidate_cache(score_of(ADA, "somebody else")) == 2
    await fill()
    assert bus.invalidate_cache_by_type("score.get") == 3
    await fill()
    assert bus.invalidate_cache_by_type(GetScore) == 3
    await fill()
    assert bus.clear_cache() == 3
    assert bus.invalidate_cache_by_type("never.heard.of") == 0
    assert bus.cache_statistics().invalidations == 11
    assert (bus.cache_statistics().entries, bus.cache_statistics().bytes) == (0, 0)
