"""Entries by scope: those asked with a value, those asked without any, and no others."""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field
from tests.queries.questions import ADA, BOB, GetScore, ListScores, Score, Scores, UserId, score_of

from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.messages import Payload
from clone_cqrs.queries import QueryBus
from clone_cqrs.queries.cache.scope import field_value, scope_value


class Kind(Enum):
    RED = "red"


class Named(BaseModel):
    model_config = ConfigDict(frozen=True)
    owner: UUID = Field(alias="whoseItIs")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ADA, str(ADA)),
        (ADA, str(ADA).upper()),
        (ADA, ADA.hex),
        (ADA, f"{{{ADA}}}"),
        (ADA, ADA.urn),
        (5, "5"),
        (Kind.RED, "red"),
        (date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_takes_all_ways_to_write_a_value_for_one(one: Any, other: Any) -> None:
    assert scope_value(one) == scope_value(other) is not None


@pytest.mark.parametrize("value", [None, 1.5, (1,), [ADA], {"a": 1}, UserId(user_id=ADA), object()])
def test_what_has_no_one_spelling_names_nothing(value: Any) -> None:
    assert scope_value(value) is None


@pytest.mark.parametrize(
    "payload",
    [UserId(user_id=ADA), {"user_id": ADA}, {"userId": ADA}, MappingProxyType({"userId": ADA})],
)
@pytest.mark.parametrize("field", ["user_id", "userId"])
def test_reads_a_field_in_either_spelling(payload: BaseModel | Mapping[str, Any], field: str) -> None:
    assert field_value(payload, field) == ADA


def test_reads_a_field_by_its_alias_and_no_method() -> None:
    assert field_value(Named(whoseItIs=ADA), "whoseItIs") == ADA
    assert field_value(Named(whoseItIs=ADA), "owner") == ADA
    assert field_value(Named(whoseItIs=ADA), "copy") is None
    assert field_value({}, "user_id") is None


class Optional(Payload):
    user_id: UUID | None = None
    tag: str = ""


class GetOptional(GetScore, type="score.optional"): ...


async def fill(bus: QueryBus) -> dict[str, Any]:
    @bus.handles(ListScores, policy=anyone)
    async def list_scores(query: ListScores) -> tuple[Score, ...]:
        return ()

    questions: dict[str, Any] = {
        "ada": score_of(ADA),
        "ada by bob": score_of(ADA, BOB),
        "bob": score_of(BOB),
        "list": ListScores({}, ADA),
    }
    for question in questions.values():
        assert not (await bus.execute(question)).from_cache
    return questions


async def still_cached(bus: QueryBus, questions: dict[str, Any]) -> set[str]:
    return {name for name, question in questions.items() if (await bus.execute(question)).from_cache}


async def test_drops_the_entries_with_the_value_and_no_others(bus: QueryBus, scores: Scores) -> None:
    questions = await fill(bus)
    assert bus.invalidate_cache_by_scope("score.get", "user_id", str(ADA)) == 2
    assert await still_cached(bus, questions) == {"bob", "list"}


async def test_drops_the_entries_of_questions_that_lack_the_field(bus: QueryBus, scores: Scores) -> None:
    questions = await fill(bus)
    assert bus.invalidate_cache_by_scope("score.list", "user_id", ADA) == 1
    assert await still_cached(bus, questions) == {"ada", "ada by bob", "bob"}


async def test_a_value_that_names_nothing_concerns_the_whole_type(bus: QueryBus, scores: Scores) -> None:
    questions = await fill(bus)
    assert bus.invalidate_cache_by_scope("score.get", "user_id", None) == 3
    assert await still_cached(bus, questions) == {"list"}


async def test_a_question_that_leaves_the_field_empty_is_concerned_by_every_value(bus: QueryBus) -> None:
    from clone_cqrs.messages import Query

    class GetAny(Query[Optional, int], type="any.get"): ...

    @bus.handles(GetAny, policy=anyone)
    async def get_any(query: GetAny) -> int:
        return 1

    questions = {"all": GetAny({}, ADA), "ada": GetAny({"user_id": ADA}, ADA), "bob": GetAny({"user_id": BOB}, ADA)}
    for question in questions.values():
        await bus.execute(question)
    assert bus.invalidate_cache_by_scope("any.get", "user_id", ADA) == 2
    assert await still_cached(bus, questions) == {"bob"}


async def test_finds_what_was_cached_before_anyone_asked_by_scope(bus: QueryBus, scores: Scores) -> None:
    questions = await fill(bus)
    bus.index_scope("score.get", "user_id")
    bus.index_scope("never.heard.of", "user_id")
    assert bus.invalidate_cache_by_scope("score.get", "user_id", BOB) == 1
    assert bus.invalidate_cache_by_scope("never.heard.of", "user_id", BOB) == 0
    assert await still_cached(bus, questions) == {"ada", "ada by bob", "list"}


async def test_keeps_nothing_in_the_indexes_of_what_is_gone(bus: QueryBus, scores: Scores) -> None:
    bus.index_scope("score.get", "user_id")
    await fill(bus)
    bus.clear_cache()
    partition = bus._cache.partition("score.get")
    index = partition._scopes["user_id"]
    assert (list(partition), partition._by_payload, index._by_value, index._without) == ([], {}, {}, set())
