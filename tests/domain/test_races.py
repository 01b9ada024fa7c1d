"""Commands on the same rows at the same time: as if one after another, and none fails for it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.domain.clone import SESSION, TURN, Clone, after, code
from tests.domain.models.kinds import Kind, both_kinds

from clone_cqrs.domain import (
    DeleteUserCommand,
    EndConversationCommand,
    RecordConversationTurnCommand,
    StartConversationCommand,
)

ROUNDS = 15


@both_kinds
async def test_of_models_that_complete_at_once_one_becomes_active(house: Clone, kind: Kind) -> None:
    for _ in range(ROUNDS):
        user_id = await house.user()
        models = [await kind.given_unfinished(house, user_id) for _ in range(4)]
        results = await asyncio.gather(
            *(house.do(kind.complete, kind.naming(user_id, each, **kind.completed), actor="system") for each in models)
        )
        assert [code(result) for result in results] == [None] * 4
        said = [result.events[0].payload.is_active for result in results]
        assert sorted(said) == [False, False, False, True]
        active = [row["id"] for row in await house.rows(kind.table) if row["user_id"] == user_id and row["is_active"]]
        assert active == [models[said.index(True)]]


@both_kinds
async def test_models_activated_at_once_leave_one_active(house: Clone, kind: Kind) -> None:
    user_id = await house.user()
    models = [await kind.given(house, user_id) for _ in range(3)]
    for _ in range(ROUNDS):
        results = await asyncio.gather(*(house.do(kind.activate, kind.naming(user_id, each)) for each in models))
        assert [code(result) for result in results] == [None] * 3
        assert len([row for row in await house.rows(kind.table) if row["is_active"]]) == 1


@both_kinds
async def test_a_model_completes_or_fails_never_both(house: Clone, kind: Kind) -> None:
    failure = {"error_message": "too noisy", "error_code": "E_NOISE"}
    for _ in range(ROUNDS):
        user_id = await house.user()
        model_id = await kind.given_unfinished(house, user_id)
        results = await asyncio.gather(
            house.do(kind.complete, kind.naming(user_id, model_id, **kind.completed), actor="system"),
            house.do(kind.fail, kind.naming(user_id, model_id, **failure), actor="system"),
        )
        assert {code(result) for result in results} == {None, "rule_violated"}


async def test_an_end_counts_every_turn_that_was_recorded(house: Clone) -> None:
    user_id = await house.user()
    voice = await house.voice_model(user_id)
    for _ in range(ROUNDS):
        named = {"user_id": user_id, "session_id": await house.session(user_id, voice_model_id=voice)}
        turn = {**TURN, **named}
        turns, ended = await asyncio.gather(
            asyncio.gather(*(house.do(RecordConversationTurnCommand, turn, at=after(seconds=n)) for n in range(5))),
            house.do(EndConversationCommand, named, at=after(seconds=30)),
        )
        assert ended.success
        assert {code(result) for result in turns} <= {None, "rule_violated"}
        assert ended.events[0].payload.total_turns == sum(result.success for result in turns)


async def of_a_start(house: Clone) -> tuple[object, Callable[[], Awaitable[object]]]:
    user_id = await house.user()
    start = {**SESSION, "user_id": user_id, "voice_model_id": await house.voice_model(user_id)}
    return user_id, lambda: house.do(StartConversationCommand, start)


async def of_a_turn(house: Clone) -> tuple[object, Callable[[], Awaitable[object]]]:
    user_id = await house.user()
    turn = {**TURN, "user_id": user_id, "session_id": await house.session(user_id)}
    return user_id, lambda: house.do(RecordConversationTurnCommand, turn, at=after(hours=1))


async def of_an_end(house: Clone) -> tuple[object, Callable[[], Awaitable[object]]]:
    user_id = await house.user()
    named = {"user_id": user_id, "session_id": await house.session(user_id)}
    return user_id, lambda: house.do(EndConversationCommand, named, at=after(hours=1))


@pytest.mark.parametrize("rival", [of_a_start, of_a_turn, of_an_end])
async def test_a_user_is_deleted_with_whatever_is_just_being_done(
    house: Clone, rival: Callable[[Clone], Awaitable[tuple[object, Callable[[], Awaitable[object]]]]]
) -> None:
    for _ in range(ROUNDS):
        user_id, do = await rival(house)
        deleted, done = await asyncio.gather(house.do(DeleteUserCommand, {"user_id": user_id}), do())
        assert deleted.success
        assert code(done) in (None, "not_found")  # type: ignore[arg-type]
    for row in await house.rows("conversation_sessions"):
        assert (row["state"], row["deleted_at"] is None) == ("ended", False)
    early = await house.database.fetch(
        "SELECT FROM public.conversation_turns t JOIN public.conversation_sessions s ON s.id = t.session_id "
        "WHERE t.timestamp > s.ended_at"
    )
    assert early == []
