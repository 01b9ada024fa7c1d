"""Queries in wire form: whatever is wrong with one is answered."""

import json
from typing import Any

import pytest
from tests.queries.questions import ADA, BOB, Scores

from clone_cqrs.queries import QueryBus


def message(**changes: Any) -> dict[str, Any]:
    whole = {"queryType": "score.get", "userId": str(ADA), "payload": {"userId": str(ADA)}}
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


@pytest.mark.parametrize("form", [dict, json.dumps, lambda whole: json.dumps(whole).encode()])
async def test_answers_an_object_a_text_and_bytes(bus: QueryBus, scores: Scores, form: Any) -> None:
    scores.points[ADA] = 7
    assert (await bus.execute_message(form(message()))).unwrap().points == 7


async def test_shares_the_cache_with_execute(bus: QueryBus, scores: Scores) -> None:
    assert not (await bus.execute_message(message())).from_cache
    assert (await bus.execute_message(message())).from_cache
    assert scores.loads == 1


async def test_the_actor_replaces_the_messages_own_user(bus: QueryBus, scores: Scores) -> None:
    scores.gated = True
    await bus.execute_message(message(), actor=str(BOB), timeout=0.01)
    result = await bus.execute_message(message(userId=None), actor=str(BOB), timeout=0.01)
    assert result.error is not None
    assert result.error.code == "timeout"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (b"\xff", "malformed"),
        ("{", "malformed"),
        ("[]", "malformed"),
        (message(queryType=None), "malformed"),
        (message(queryType="score.unknown"), "unknown_query"),
        (message(payload=None), "validation_failed"),
        (message(payload={"userId": "nobody"}), "validation_failed"),
        (message(payload={"userId": str(ADA), "more": 1}), "validation_failed"),
        (message(payload={"userId": str(ADA), "user_id": str(ADA)}), "validation_failed"),
        (message(userId=None), "validation_failed"),
        (message(commandId="x"), "validation_failed"),
        (message(timestamp="yesterday"), "validation_failed"),
        ('{"queryType": "score.get", "userId": "u", "payload": {"userId": NaN}}', "malformed"),
        (message(payload={"userId": "a\x00b"}), "validation_failed"),
        (message(userId="system"), "forbidden"),
    ],
)
async def test_answers_what_is_wrong(bus: QueryBus, scores: Scores, wrong: Any, code: str) -> None:
    result = await bus.execute_message(wrong)
    assert not result.success
    assert result.error is not None
    assert result.error.code == code
    assert scores.loads == 0
