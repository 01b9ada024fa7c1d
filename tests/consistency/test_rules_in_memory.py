"""Rules on a bus without a database: which answers an event drops."""

from typing import Any
from uuid import UUID

import pytest
from tests.queries.questions import ADA, BOB, GetScore, ListScores, Score, Scores, asked, score_of, scores_on

from clone_cqrs.commands import CommandBus
from clone_cqrs.consistency import ConsistencyRule, EventualConsistencyHandler
from clone_cqrs.consistency.handled_events import HandledEvents
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.events import EventPublisher
from clone_cqrs.messages import Command, CommandResult, DomainEvent, Payload, uuid7
from clone_cqrs.queries import QueryBus


class Points(Payload):
    user_id: UUID
    points: int


class PointsGiven(DomainEvent[Points], type="points.given", aggregate="user"): ...


class GivePoints(Command[Points, None], type="points.give"): ...


def given(user_id: UUID, points: int = 1) -> PointsGiven:
    return PointsGiven(aggregate_id=user_id, payload={"user_id": user_id, "points": points})


@pytest.fixture
def bus() -> QueryBus:
    return QueryBus(enable_caching=True)


@pytest.fixture
def scores(bus: QueryBus) -> Scores:
    @bus.handles(ListScores, policy=anyone)
    async def list_scores(query: ListScores) -> tuple[Score, ...]:
        return ()

    return scores_on(bus)


@pytest.fixture
def consistency(bus: QueryBus) -> EventualConsistencyHandler:
    return EventualConsistencyHandler(bus)


QUESTIONS: dict[str, Any] = {"ada": score_of(ADA), "bob": score_of(BOB), "list": ListScores({}, ADA)}


async def fill(bus: QueryBus) -> None:
    for question in QUESTIONS.values():
        await bus.execute(question)


async def dropped(bus: QueryBus) -> set[str]:
    return {name for name, question in QUESTIONS.items() if not (await bus.execute(question)).from_cache}


async def test_without_a_scope_the_whole_type_goes(
    bus: QueryBus, scores: Scores, consistency: EventualConsistencyHandler
) -> None:
    consistency.register_rule(ConsistencyRule("points.given", ("score.get",)))
    await fill(bus)
    await consistency.handle_event(given(ADA))
    assert await dropped(bus) == {"ada", "bob"}


async def test_with_a_scope_the_entries_of_the_value_and_those_without_the_field_go(
    bus: QueryBus, scores: Scores, consistency: EventualConsistencyHandler
) -> None:
    consistency.register_rule(ConsistencyRule("points.given", ("score.get", "score.list"), scope="user_id"))
    await fill(bus)
    await consistency.handle_event(given(ADA))
    assert await dropped(bus) == {"ada", "list"}


@pytest.mark.parametrize("name", ["user_id", "userId"])
async def test_an_event_without_a_class_has_its_scope_in_either_spelling(
    bus: QueryBus, scores: Scores, consistency: EventualConsistencyHandler, name: str
) -> None:
    consistency.register_rule(ConsistencyRule("points.given", ("score.get",), scope="user_id"))
    await fill(bus)
    event: DomainEvent[Any] = DomainEvent(
        event_type="points.given", aggregate_type="user", aggregate_id=ADA, payload={name: str(ADA)}
    )
    await consistency.handle_event(event)
    assert await dropped(bus) == {"ada"}


async def test_an_event_without_a_value_in_the_scope_drops_the_whole_type(
    bus: QueryBus, scores: Scores, consistency: EventualConsistencyHandler
) -> None:
    consistency.register_rule(ConsistencyRule("points.given", ("score.get",), scope="user_id"))
    for payload in ({}, {"userId": None}, {"userId": [str(ADA)]}):
        await fill(bus)
        event: DomainEvent[Any] = DomainEvent(
            event_type="points.given", aggregate_type="user", aggregate_id=ADA, payload=payload
        )
        await consistency.handle_event(event)
        assert await dropped(bus) == {"ada", "bob"}


async def test_several_rules_name_one_event_and_others_are_left_alone(
    bus: QueryBus, scores: Scores, consistency: EventualConsistencyHandler
) -> None:
    consistency.register_rule(ConsistencyRule("points.given", ("score.get",), scope="user_id"))
    consistency.register_rule(ConsistencyRule("points.given", ("score.list",)))
    consistency.register_rule(ConsistencyRule("points.taken", ("score.get",)))
    await fill(bus)
    await consistency.handle_event(given(BOB))
    assert await dropped(bus) == {"bob", "list"}


async def test_a_rule_registered_twice_is_one(bus: QueryBus, consistency: EventualConsistencyHandler) -> None:
    rule = ConsistencyRule("points.given", ("score.get",))
    consistency.register_rule(rule)
    consistency.register_rule(ConsistencyRule("points.given", ["score.get"]))
    assert consistency.rules == (rule,)


async def test_an_event_works_once(bus: QueryBus, scores: Scores, consistency: EventualConsistencyHandler) -> None:
    consistency.register_rule(ConsistencyRule("points.given", ("score.get",)))
    event = given(ADA)
    await fill(bus)
    await consistency.handle_event(event)
    await fill(bus)
    await consistency.handle_event(event)
    assert await dropped(bus) == set()
    await consistency.handle_event(given(ADA))
    assert await dropped(bus) == {"ada", "bob"}


def test_remembers_the_latest_events_in_bounded_memory() -> None:
    handled = HandledEvents(capacity=100)
    ids = [uuid7() for _ in range(1_000)]
    assert all(handled.first_time(each) for each in ids)
    assert not any(handled.first_time(each) for each in ids[-100:])
    assert len(handled._recent) + len(handled._before) <= 200


async def test_an_event_during_a_load_keeps_its_answer_out(
    bus: QueryBus, scores: Scores, consistency: EventualConsistencyHandler
) -> None:
    consistency.register_rule(ConsistencyRule("points.given", ("score.get",), scope="user_id"))
    scores.gated = True
    async with asked(bus.execute(score_of(ADA)), bus.execute(score_of(BOB))) as (ada, bob):
        scores.points = {ADA: 1, BOB: 1}
        await consistency.handle_event(given(ADA))
        for waiting in list(scores.waiting):
            waiting.go_on()
        assert [(await task).unwrap().points for task in (ada, bob)] == [0, 0]
    scores.gated = False
    assert [(await bus.execute(score_of(user))).unwrap().points for user in (ADA, BOB)] == [1, 0]


async def test_views_are_named_and_not_refreshed_without_a_database(bus: QueryBus) -> None:
    async with EventualConsistencyHandler(bus) as consistency:
        consistency.register_rule(ConsistencyRule("points.given", affected_views=("user_profile_view",)))
        await consistency.handle_event(given(ADA))
        await consistency.drain()
        assert consistency.view_states() == {}


async def test_rules_do_nothing_to_a_bus_without_a_cache() -> None:
    bus = QueryBus()
    scores = scores_on(bus)
    consistency = EventualConsistencyHandler(bus)
    consistency.register_rule(ConsistencyRule("points.given", ("score.get",), scope="user_id"))
    await bus.execute(score_of())
    await consistency.handle_event(given(ADA))
    assert scores.loads == 1


async def test_a_command_is_followed_by_a_fresh_answer_through_the_publisher(
    bus: QueryBus, scores: Scores, consistency: EventualConsistencyHandler
) -> None:
    consistency.register_rule(ConsistencyRule("points.given", ("score.get",), scope="user_id"))
    publisher = EventPublisher(transport="memory")
    publisher.on("points.given", consistency.handle_event)
    commands = CommandBus(event_publisher=publisher)

    @commands.handles(GivePoints, policy=anyone)
    async def give_points(command: GivePoints) -> CommandResult[None]:
        scores.points[command.payload.user_id] = command.payload.points
        return CommandResult(True, None, None, [given(command.payload.user_id)])

    await fill(bus)
    assert (await commands.execute(GivePoints({"user_id": ADA, "points": 9}, ADA))).success
    answer = await bus.execute(GetScore({"user_id": ADA}, ADA))
    assert (answer.unwrap().points, answer.from_cache) == (9, False)
    assert (await bus.execute(score_of(BOB))).from_cache
