"""Who may ask: by policy, by hook, and never as the system without its role."""

from typing import Any

import pytest
from tests.queries.questions import ADA, BOB, GetScore, Score, Scores, score_of

from clone_cqrs.dispatch.caller import current_caller
from clone_cqrs.dispatch.policies import Policy, anyone, has_role, owner_of
from clone_cqrs.errors import QueryAuthorizationError
from clone_cqrs.messages import QueryResult
from clone_cqrs.queries import QueryBus


class Owned(Scores):
    policy = owner_of("user_id") | has_role("admin")


class Hooked(Scores):
    async def check_authorization(self, query: GetScore, resource: Any = None) -> bool:
        return current_caller().user_id == str(query.payload.user_id)


def bus_with(handler: Scores, **settings: Any) -> QueryBus:
    bus = QueryBus(**settings)
    bus.register(GetScore, handler)
    return bus


@pytest.mark.parametrize("caching", [False, True])
@pytest.mark.parametrize("handler_class", [Owned, Hooked])
async def test_refuses_others_before_the_handler_and_before_the_cache(handler_class: type[Scores], caching: bool) -> None:
    handler = handler_class()
    bus = bus_with(handler, enable_caching=caching)
    own, others = score_of(ADA, ADA), score_of(ADA, BOB)
    for _ in range(3):
        assert (await bus.execute(own)).success
        error = (await bus.execute(others)).error
        assert isinstance(error, QueryAuthorizationError)
        assert (error.user_id, error.resource) == (str(BOB), "score.get")
    assert handler.loads == (1 if caching else 3)


async def test_asks_the_policy_again_on_every_call() -> None:
    bus = bus_with(Owned(), enable_caching=True)
    query = score_of(ADA, BOB)
    for _ in range(3):
        assert (await bus.execute(query, roles=["admin"])).success
        assert isinstance((await bus.execute(query)).error, QueryAuthorizationError)
        assert isinstance((await bus.execute(query, roles=())).error, QueryAuthorizationError)


async def test_asks_a_policy_again_that_may_have_changed_its_mind() -> None:
    barred: set[str] = set()

    class ByList(Scores):
        policy = Policy(lambda message, caller, resource: caller.user_id not in barred, "not barred") & anyone

    bus = bus_with(ByList(), enable_caching=True)
    query = score_of(ADA)
    for _ in range(3):
        assert (await bus.execute(query)).success
    barred.add(str(ADA))
    for _ in range(3):
        assert isinstance((await bus.execute(query)).error, QueryAuthorizationError)


async def test_the_system_has_its_role_only_when_this_process_speaks_for_itself() -> None:
    class ForTheSystem(Scores):
        policy = has_role("system")

    bus = bus_with(ForTheSystem(), enable_caching=True)
    query = score_of(ADA, "system")
    for _ in range(3):
        assert (await bus.execute(query)).success
        assert (await bus.execute(query, roles=["system"])).success
        assert isinstance((await bus.execute(query, roles=())).error, QueryAuthorizationError)


@pytest.mark.parametrize("enable_authorization", [True, False])
async def test_nobody_is_the_system_without_the_role_whatever_the_policy(enable_authorization: bool) -> None:
    bus = bus_with(Scores(), enable_authorization=enable_authorization)
    assert isinstance((await bus.execute(score_of(ADA, "system"), roles=["admin"])).error, QueryAuthorizationError)
    message = {"queryType": "score.get", "userId": "system", "payload": {"userId": str(ADA)}}
    assert isinstance((await bus.execute_message(message)).error, QueryAuthorizationError)


async def test_needs_no_policy_where_authorization_is_off() -> None:
    class Undecided(Scores):
        policy = None  # type: ignore[assignment]

    bus = bus_with(Undecided(), enable_authorization=False)
    assert (await bus.execute(score_of(ADA, BOB))).success


async def test_a_handler_may_ask_again_with_what_it_has_loaded() -> None:
    class Careful(Scores):
        policy = owner_of("user_id")

        async def handle(self, query: GetScore) -> QueryResult[Score]:
            await self.authorize(query, {"user_id": BOB})
            raise AssertionError("not reached")

    error = (await bus_with(Careful()).execute(score_of(ADA))).error
    assert isinstance(error, QueryAuthorizationError)


async def test_restores_the_caller_of_a_query_that_asks_another() -> None:
    bus = bus_with(Owned())
    seen: list[str] = []

    class Outer(GetScore, type="score.outer"): ...

    @bus.handles(Outer, policy=anyone)
    async def outer(query: Outer) -> Score:
        answer = await bus.execute(score_of(BOB, BOB))
        seen.append(current_caller().user_id)
        return answer.unwrap()

    await bus.execute(Outer({"user_id": ADA}, ADA))
    assert seen == [str(ADA)]
