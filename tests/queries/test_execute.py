"""What QueryBus.execute comes to, without a cache."""

import asyncio
from datetime import timedelta
from typing import Any, assert_type

import asyncpg
import pytest
from tests.queries.questions import ADA, BOB, GetBag, GetScore, ListScores, Score, Scores, UserId, quiet, score_of, scores_on

from clone_cqrs.dispatch.caller import current_caller
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.errors import (
    ConflictError,
    HandlerAlreadyRegisteredError,
    MissingPolicyError,
    NotFoundError,
    QueryTimeoutError,
    QueryValidationError,
    StorageUnavailableError,
    UnknownQueryError,
)
from clone_cqrs.messages import Query, QueryResult
from clone_cqrs.queries import BaseQueryHandler, QueryBus, current_consistency


async def test_infers_the_result_from_the_query() -> None:
    bus = QueryBus()
    scores_on(bus)
    result = await bus.execute(score_of())
    assert_type(result, QueryResult[Score])
    assert_type(result.data, Score | None)
    assert_type(result.unwrap(), Score)
    assert result.unwrap() == Score(user_id=ADA, points=0)


async def test_wraps_what_a_function_returns() -> None:
    bus = QueryBus()

    @bus.handles(GetScore, policy=anyone, reads=("score_view",))
    async def get_score(query: GetScore) -> Score:
        return Score(user_id=query.payload.user_id, points=3)

    result = await bus.execute(score_of())
    assert (result.success, result.unwrap().points, result.error, result.from_cache) == (True, 3, None, False)
    handler = bus.get_handler(GetScore)
    assert handler is not None
    assert handler.reads == ("score_view",)


async def test_finds_the_query_of_a_function_by_its_annotation() -> None:
    bus = QueryBus()

    @bus.handles("score.get", policy=anyone)
    async def get_score(query: GetScore) -> QueryResult[Score]:
        return QueryResult(True, Score(user_id=query.payload.user_id, points=4))

    assert (await bus.execute(score_of())).unwrap().points == 4


async def test_refuses_a_second_handler_and_one_without_a_policy() -> None:
    bus = QueryBus()
    scores_on(bus)
    with pytest.raises(HandlerAlreadyRegisteredError):
        scores_on(bus)
    with pytest.raises(MissingPolicyError):

        @bus.handles(ListScores)
        async def list_scores(query: ListScores) -> tuple[Score, ...]:
            return ()


async def test_raises_for_a_query_without_a_handler() -> None:
    with pytest.raises(UnknownQueryError) as raised:
        await QueryBus().execute(score_of())
    assert raised.value.message_type == "score.get"


async def test_raises_for_what_is_no_query_or_the_wrong_class_of_one() -> None:
    bus = QueryBus()
    scores_on(bus)

    class AnotherGetScore(Query[UserId, Score], type="score.get"): ...

    with pytest.raises(TypeError, match="GetScore"):
        await bus.execute(AnotherGetScore({"user_id": ADA}, ADA))
    with pytest.raises(TypeError, match="takes a Query"):
        await bus.execute(UserId(user_id=ADA))  # type: ignore[arg-type]


async def test_takes_a_subclass_of_the_query() -> None:
    bus = QueryBus()
    scores_on(bus)

    class GetScoreToo(GetScore): ...

    assert (await bus.execute(GetScoreToo({"user_id": BOB}, BOB))).unwrap().user_id == BOB


def raising(error: Exception) -> QueryBus:
    bus = QueryBus()

    @bus.handles(GetScore, policy=anyone)
    async def get_score(query: GetScore) -> Score:
        raise error

    return bus


async def test_answers_what_a_caller_can_act_on() -> None:
    result = await raising(NotFoundError("no such user")).execute(score_of())
    assert (result.success, result.data) == (False, None)
    assert isinstance(result.error, NotFoundError)
    with pytest.raises(NotFoundError):
        result.unwrap()


@pytest.mark.parametrize("error", [ZeroDivisionError(), StorageUnavailableError(), TimeoutError(), FileNotFoundError()])
async def test_raises_faults(error: Exception) -> None:
    with pytest.raises(type(error)):
        await raising(error).execute(score_of())


async def test_raises_a_fault_that_a_handler_returns() -> None:
    bus = QueryBus()

    @bus.handles(GetScore, policy=anyone)
    async def get_score(query: GetScore) -> QueryResult[Score]:
        return QueryResult(False, None, StorageUnavailableError())

    with pytest.raises(StorageUnavailableError):
        await bus.execute(score_of())


async def test_answers_the_timeout_of_a_statement() -> None:
    result = await raising(asyncpg.QueryCanceledError("canceling statement due to statement timeout")).execute(score_of())
    assert isinstance(result.error, QueryTimeoutError)


async def test_raises_a_bug_in_a_statement_as_it_is() -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await raising(asyncpg.UndefinedTableError("no such table")).execute(score_of())


async def test_reads_again_after_a_lost_connection_and_gives_up_after_three_times() -> None:
    runs = 0
    bus = QueryBus()
    heals = True

    @bus.handles(GetScore, policy=anyone)
    async def get_score(query: GetScore) -> Score:
        nonlocal runs
        runs += 1
        if runs < 3 or not heals:
            raise asyncpg.ConnectionDoesNotExistError("gone")
        return Score(user_id=ADA, points=runs)

    assert (await bus.execute(score_of())).unwrap().points == 3
    runs, heals = 0, False
    with pytest.raises(StorageUnavailableError):
        await bus.execute(score_of())
    assert runs == 3


async def test_reads_again_after_a_lost_race_and_answers_a_conflict_after_three_times() -> None:
    result = await raising(asyncpg.SerializationError("recovery conflict")).execute(score_of())
    assert isinstance(result.error, ConflictError)


async def test_answers_a_timeout_and_stops_the_handler() -> None:
    bus = QueryBus()
    scores = scores_on(bus)
    scores.gated = True
    result = await bus.execute(score_of(), timeout=0.01)
    assert isinstance(result.error, QueryTimeoutError)
    assert scores.waiting == []


async def test_uses_its_own_timeout_where_a_query_states_none() -> None:
    bus = QueryBus(timeout=0.01)
    scores_on(bus).gated = True
    assert isinstance((await bus.execute(score_of())).error, QueryTimeoutError)


async def test_raises_the_timeout_of_a_handler_as_it_is() -> None:
    with pytest.raises(TimeoutError):
        await raising(TimeoutError("of its own")).execute(score_of(), timeout=30)


class Nosy(BaseQueryHandler[GetScore, Score]):
    policy = anyone

    async def validate_query(self, query: GetScore) -> list[str]:
        return [] if query.payload.user_id == ADA else ["userId: should be Ada's", "payload: is about somebody"]

    async def handle(self, query: GetScore) -> QueryResult[Score]:
        caller = current_caller()
        assert caller.user_id == query.user_id
        return self.success(Score(user_id=query.payload.user_id, points=len(caller.roles)))


async def test_answers_all_violations_of_the_handlers_own_validation() -> None:
    bus = QueryBus()
    bus.register("score.get", Nosy())
    error = (await bus.execute(score_of(BOB))).error
    assert isinstance(error, QueryValidationError)
    assert error.violations == ("userId: should be Ada's", "payload: is about somebody")
    assert (await bus.execute(score_of(ADA), roles={"a", "b"})).unwrap().points == 2


async def test_leaves_validation_out_where_it_is_switched_off() -> None:
    bus = QueryBus(enable_validation=False)
    bus.register("score.get", Nosy())
    assert (await bus.execute(score_of(BOB))).success


async def test_tells_the_handler_the_level_and_refuses_an_unknown_one() -> None:
    bus = QueryBus(enable_caching=True)
    levels = []

    @bus.handles(GetBag, policy=anyone)
    async def get_bag(query: GetBag) -> dict[str, Any]:
        levels.append(current_consistency())
        return {}

    query = GetBag({"user_id": ADA}, ADA)
    await bus.execute(query, consistency="strong")
    await bus.execute(query, consistency="eventual")
    await bus.execute(query, consistency="session")
    await bus.execute(GetBag({"user_id": BOB}, ADA))
    assert levels == ["strong", "eventual", "session", "session"]
    assert current_consistency() == "session"
    with pytest.raises(ValueError, match="eventual, session, strong"):
        await bus.execute(query, consistency="fresh")  # type: ignore[arg-type]


async def test_refuses_a_token_without_a_database() -> None:
    bus = QueryBus()
    scores_on(bus)
    for token in ("v1.nonsense", "v1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ""):
        assert isinstance((await bus.execute(score_of(), at_least=token)).error, QueryValidationError)


async def test_middleware_wraps_everything_the_first_one_outermost() -> None:
    bus = QueryBus(enable_caching=True)
    scores = scores_on(bus)
    seen: list[str] = []

    async def outer(query: Any, call_next: Any) -> Any:
        seen.append("outer")
        return await call_next(query)

    async def inner(query: Any, call_next: Any) -> Any:
        seen.append("inner")
        return await call_next(score_of(BOB, query.user_id))

    bus.use(outer)
    bus.use(inner)
    query = score_of(ADA)
    for _ in range(4):
        assert (await bus.execute(query)).unwrap().user_id == BOB
    assert seen == ["outer", "inner"] * 4
    assert scores.loads == 1
    with pytest.raises(RuntimeError):
        bus.use(outer)


@pytest.mark.parametrize(
    "settings",
    [
        {"cache_ttl": 86_401},
        {"cache_ttl": timedelta(days=2)},
        {"cache_ttl": 0},
        {"cache_ttl": float("nan")},
        {"max_entries": 0},
        {"max_bytes": -1},
        {"max_staleness": 0},
        {"timeout": 0},
    ],
)
def test_refuses_limits_that_make_no_sense(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        QueryBus(enable_caching=True, **settings)


def test_says_that_a_ttl_counts_seconds() -> None:
    with pytest.raises(ValueError, match="seconds, not milliseconds"):
        QueryBus(cache_ttl=300_000)
    bus = QueryBus(enable_caching=True, cache_ttl=timedelta(minutes=5))
    scores = Scores()
    scores.cache_ttl = 600_000  # type: ignore[misc]
    with pytest.raises(ValueError, match="seconds, not milliseconds"):
        bus.register(GetScore, scores)
    assert not bus.has_handler(GetScore)


async def test_answers_many_concurrently_in_the_order_of_the_questions() -> None:
    bus = QueryBus()
    scores = scores_on(bus)
    scores.gated = True
    many = asyncio.ensure_future(bus.execute_many([score_of(ADA), score_of(BOB), score_of(ADA)]))
    await quiet()
    assert len(scores.waiting) == 3
    for waiting in reversed(list(scores.waiting)):
        waiting.go_on()
        await asyncio.sleep(0)
    assert [result.unwrap().user_id for result in await many] == [ADA, BOB, ADA]


async def test_cancels_the_others_of_many_when_one_raises() -> None:
    bus = QueryBus()
    scores = scores_on(bus)
    scores.gated = True
    many = asyncio.ensure_future(bus.execute_many([score_of(ADA), score_of(BOB)]))
    await quiet()
    assert len(scores.waiting) == 2
    scores.waiting[1].fail(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await many
    assert scores.waiting == []
