from decimal import Decimal

import pytest
from tests.domain.clone import FAILURE, NOON, SESSION, TURN, Clone, after, code, nobody, the_event

from clone_cqrs.domain import (
    EndConversationCommand,
    FailVoiceModelTrainingCommand,
    GetConversationSessionQuery,
    RecordConversationTurnCommand,
    StartConversationCommand,
)


async def test_starting_stores_the_session_and_logs_the_event(house: Clone) -> None:
    user_id, session_id = await house.user(), nobody()
    voice, face = await house.voice_model(user_id), await house.face_model(user_id)
    payload = {
        **SESSION,
        "user_id": user_id,
        "session_id": session_id,
        "voice_model_id": voice,
        "face_model_id": face,
    }
    result = await house.do(StartConversationCommand, payload)
    assert result.unwrap().session_id == session_id
    assert the_event(result) == (
        "conversation.started",
        "conversation_session",
        str(session_id),
        {
            "sessionId": str(session_id),
            "userId": str(user_id),
            "voiceModelId": str(voice),
            "faceModelId": str(face),
            "llmProvider": "gemini-flash",
            "ttsProvider": "xtts-v2",
        },
    )
    row = await house.row("conversation_sessions", session_id)
    assert (row["state"], row["started_at"], row["ended_at"], row["duration_seconds"]) == ("active", NOON, None, 0)


async def test_a_conversation_needs_completed_models(house: Clone) -> None:
    user_id = await house.user()
    training, failed = [await house.voice_model_in_training(user_id) for _ in range(2)]
    failure = {**FAILURE, "user_id": user_id, "voice_model_id": failed}
    await house.do(FailVoiceModelTrainingCommand, failure, actor="system")
    completed, processing = await house.voice_model(user_id), await house.face_model_in_processing(user_id)
    start = {**SESSION, "user_id": user_id}
    for models in (
        {"voice_model_id": training},
        {"voice_model_id": failed},
        {"voice_model_id": completed, "face_model_id": processing},
    ):
        assert code(await house.do(StartConversationCommand, {**start, **models})) == "rule_violated"


async def test_models_of_others_and_of_nobody_are_not_found(house: Clone) -> None:
    user_id, other = await house.user(), await house.user()
    mine, theirs, their_face = await house.voice_model(user_id), await house.voice_model(other), await house.face_model(other)
    start = {**SESSION, "user_id": user_id}
    for models in (
        {"voice_model_id": theirs},
        {"voice_model_id": nobody()},
        {"voice_model_id": mine, "face_model_id": their_face},
        {"voice_model_id": mine, "face_model_id": nobody()},
    ):
        assert code(await house.do(StartConversationCommand, {**start, **models})) == "not_found"
    assert code(await house.do(StartConversationCommand, {**start, "user_id": nobody(), "voice_model_id": mine})) == "not_found"


async def test_refuses_a_session_id_that_is_taken(house: Clone) -> None:
    user_id, other = await house.user(), await house.user()
    voice = await house.voice_model(user_id)
    start = {**SESSION, "user_id": user_id, "voice_model_id": voice}
    mine, theirs = await house.session(user_id), await house.session(other)
    assert code(await house.do(StartConversationCommand, {**start, "session_id": mine})) == "conflict"
    assert code(await house.do(StartConversationCommand, {**start, "session_id": theirs})) == "not_found"


async def test_a_turn_is_stored_and_logged(house: Clone) -> None:
    user_id, turn_id = await house.user(), nobody()
    session_id = await house.session(user_id)
    payload = {**TURN, "user_id": user_id, "session_id": session_id, "turn_id": turn_id}
    result = await house.do(RecordConversationTurnCommand, payload, at=after(seconds=5))
    assert result.unwrap().turn_id == turn_id
    assert the_event(result) == (
        "conversation.turn_completed",
        "conversation_session",
        str(session_id),
        {
            "sessionId": str(session_id),
            "turnId": str(turn_id),
            "userId": str(user_id),
            "userTranscript": "Hello?",
            "systemResponse": "Hello!",
            "latencyMs": 500,
            "cost": 0.01,
        },
    )
    assert await house.row("conversation_turns", turn_id) == {
        "id": turn_id,
        "session_id": session_id,
        "timestamp": after(seconds=5),
        "user_transcript": "Hello?",
        "system_response": "Hello!",
        "latency_ms": 500,
        "cost": Decimal("0.01"),
        "retrieved_chunks": ["c1"],
    }


async def test_refuses_a_turn_id_that_is_taken(house: Clone) -> None:
    user_id, other = await house.user(), await house.user()
    mine, theirs = await house.session(user_id), await house.session(other)
    taken = {**TURN, "user_id": user_id, "session_id": mine, "turn_id": nobody()}
    foreign = {**TURN, "user_id": other, "session_id": theirs, "turn_id": nobody()}
    for payload in (taken, foreign):
        (await house.do(RecordConversationTurnCommand, payload)).unwrap()
    assert code(await house.do(RecordConversationTurnCommand, taken)) == "conflict"
    elsewhere = {**taken, "turn_id": foreign["turn_id"]}
    assert code(await house.do(RecordConversationTurnCommand, elsewhere)) == "not_found"


async def test_ending_sums_up(house: Clone) -> None:
    user_id = await house.user()
    session_id = await house.session(user_id)
    for cost, latency_ms in ((0.1, 400), (0.2, 403)):
        turn = {**TURN, "user_id": user_id, "session_id": session_id, "cost": cost, "latency_ms": latency_ms}
        await house.do(RecordConversationTurnCommand, turn, at=after(seconds=10))
    payload = {"user_id": user_id, "session_id": session_id}
    result = await house.do(EndConversationCommand, payload, at=after(seconds=121, milliseconds=999))
    assert result.unwrap().session_id == session_id
    assert the_event(result) == (
        "conversation.ended",
        "conversation_session",
        str(session_id),
        {
            "sessionId": str(session_id),
            "userId": str(user_id),
            "durationSeconds": 121,
            "totalTurns": 2,
            "totalCost": 0.3,
            "averageLatencyMs": 401.5,
        },
    )
    session = (await house.ask(GetConversationSessionQuery, payload)).unwrap()
    assert (session.state, session.duration_seconds) == ("ended", 121)
    assert session.ended_at == after(seconds=121, milliseconds=999)
    assert (await house.row("users", user_id))["conversation_minutes_used"] == 3


async def test_a_session_without_turns_ends_without_an_average(house: Clone) -> None:
    user_id = await house.user()
    payload = {"user_id": user_id, "session_id": await house.session(user_id)}
    event = the_event(await house.do(EndConversationCommand, payload))[3]
    assert (event["durationSeconds"], event["totalTurns"], event["totalCost"], event["averageLatencyMs"]) == (0, 0, 0, None)


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (0.9, 0), (1, 1), (60, 1), (60.9, 1), (61, 2)])
async def test_minutes_are_the_whole_seconds_rounded_up(house: Clone, seconds: float, minutes: int) -> None:
    user_id = await house.user()
    payload = {"user_id": user_id, "session_id": await house.session(user_id)}
    await house.do(EndConversationCommand, payload, at=after(seconds=seconds))
    assert (await house.row("users", user_id))["conversation_minutes_used"] == minutes


async def test_a_sum_of_more_digits_than_a_json_number_carries_does_no_harm(house: Clone) -> None:
    user_id = await house.user()
    named = {"user_id": user_id, "session_id": await house.session(user_id)}
    for cost in (999_999_999_999_999, 1e-17, 5e-324):
        assert (await house.do(RecordConversationTurnCommand, {**TURN, **named, "cost": cost})).success
    session = (await house.ask(GetConversationSessionQuery, named)).unwrap()
    assert session.total_cost is not None
    assert session.total_cost > 999_999_999_999_999
    assert session.model_dump(mode="json")["total_cost"] == 999_999_999_999_999
    assert the_event(await house.do(EndConversationCommand, named))[3]["totalCost"] == 999_999_999_999_999


async def test_an_end_before_the_start_or_the_last_turn_is_refused(house: Clone) -> None:
    user_id = await house.user()
    named = {"user_id": user_id, "session_id": await house.session(user_id)}
    assert code(await house.do(EndConversationCommand, named, at=after(seconds=-1))) == "rule_violated"
    await house.do(RecordConversationTurnCommand, {**TURN, **named}, at=after(seconds=10))
    assert code(await house.do(EndConversationCommand, named, at=after(seconds=9))) == "rule_violated"
    assert (await house.do(EndConversationCommand, named, at=after(seconds=10))).success


async def test_turns_and_the_end_need_an_open_session(house: Clone) -> None:
    user_id = await house.user()
    named = {"user_id": user_id, "session_id": await house.session(user_id)}
    assert (await house.do(EndConversationCommand, named)).success
    assert code(await house.do(RecordConversationTurnCommand, {**TURN, **named})) == "rule_violated"
    assert code(await house.do(EndConversationCommand, named, at=after(hours=1))) == "rule_violated"
    assert (await house.row("users", user_id))["conversation_minutes_used"] == 0


async def test_sessions_of_others_and_of_nobody_are_not_found(house: Clone) -> None:
    user_id, other = await house.user(), await house.user()
    theirs = await house.session(other)
    for owner, session_id in ((user_id, theirs), (user_id, nobody()), (nobody(), theirs)):
        named = {"user_id": owner, "session_id": session_id}
        assert code(await house.do(RecordConversationTurnCommand, {**TURN, **named})) == "not_found"
        assert code(await house.do(EndConversationCommand, named)) == "not_found"
    assert (await house.row("conversation_sessions", theirs))["state"] == "active"
