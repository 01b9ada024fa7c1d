from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.domain.clone import NOON, PROCESSED, TURN, Clone, after, code, nobody

from clone_cqrs.domain import (
    CompleteDocumentProcessingCommand,
    DeleteUserCommand,
    EndConversationCommand,
    GetUserProfileQuery,
    GetUserQuery,
    GetUserStatisticsQuery,
    RecordConversationTurnCommand,
    UpdateUserCommand,
)

QUERIES = (GetUserQuery, GetUserProfileQuery, GetUserStatisticsQuery)


async def test_a_user_is_read_without_secrets(house: Clone) -> None:
    user_id = await house.user(email="ada@example.com")
    await house.do(UpdateUserCommand, {"user_id": user_id, "personality_traits": ["dry"]}, at=after(hours=1))
    user = (await house.ask(GetUserQuery, {"user_id": user_id})).unwrap()
    assert (user.id, user.email, user.name, user.subscription_tier) == (user_id, "ada@example.com", "Ada", "free")
    assert (user.personality_traits, user.speaking_style, user.conversation_minutes_used) == (("dry",), None, 0)
    assert (user.created_at, user.updated_at) == (NOON, after(hours=1))
    assert "password" not in repr(user)


async def test_a_profile_shows_active_models_and_counts(house: Clone) -> None:
    user_id = await house.user()
    voice, face = await house.voice_model(user_id, at=after(hours=1)), await house.face_model(user_id)
    await house.voice_model(user_id)
    await house.document(user_id)
    now = datetime.now(UTC)
    await house.session(user_id, voice_model_id=voice, at=now - timedelta(days=29))
    await house.session(user_id, voice_model_id=voice, at=now - timedelta(days=31))
    profile = (await house.ask(GetUserProfileQuery, {"user_id": user_id})).unwrap()
    assert profile.active_voice_model is not None
    assert profile.active_voice_model.model_dump() == {
        "id": voice,
        "provider": "xtts-v2",
        "quality_score": Decimal("92.5"),
        "created_at": after(hours=1),
    }
    assert profile.active_face_model is not None
    assert profile.active_face_model.id == face
    assert (profile.active_face_model.resolution.width, profile.active_face_model.resolution.height) == (512, 256)
    assert (profile.document_count, profile.recent_conversation_count) == (1, 1)


async def test_a_new_user_has_a_profile_and_figures_of_zero(house: Clone) -> None:
    user_id = await house.user()
    profile = (await house.ask(GetUserProfileQuery, {"user_id": user_id})).unwrap()
    assert (profile.active_voice_model, profile.active_face_model, profile.document_count) == (None, None, 0)
    figures = (await house.ask(GetUserStatisticsQuery, {"user_id": user_id})).unwrap()
    zeros = figures.model_dump(exclude={"user_id", "last_activity_at"})
    assert set(zeros.values()) == {0}
    assert figures.last_activity_at == NOON


async def test_statistics_sum_up_what_a_user_did(house: Clone) -> None:
    user_id = await house.user()
    voice = await house.voice_model(user_id)
    ended = await house.session(user_id, voice_model_id=voice)
    await house.session(user_id, voice_model_id=voice, at=after(hours=1))
    for cost in (0.1, 0.2):
        await house.do(RecordConversationTurnCommand, {**TURN, "user_id": user_id, "session_id": ended, "cost": cost})
    await house.do(EndConversationCommand, {"user_id": user_id, "session_id": ended}, at=after(seconds=90))
    document = await house.document(user_id, at=after(hours=2))
    await house.document(user_id)
    processed = {**PROCESSED, "user_id": user_id, "document_id": document}
    await house.do(CompleteDocumentProcessingCommand, processed, actor="system", at=after(hours=3))
    figures = (await house.ask(GetUserStatisticsQuery, {"user_id": user_id})).unwrap()
    assert figures.model_dump() == {
        "user_id": user_id,
        "total_conversations": 2,
        "total_conversation_seconds": 90,
        "avg_conversation_seconds": 45,
        "total_turns": 2,
        "total_cost": Decimal("0.3"),
        "total_documents": 2,
        "processed_documents": 1,
        "total_voice_models": 1,
        "total_face_models": 0,
        "last_activity_at": after(hours=2),
    }


@pytest.mark.parametrize("query", QUERIES)
async def test_unknown_and_deleted_users_are_not_found(house: Clone, query: type[GetUserQuery]) -> None:
    gone = await house.user()
    await house.do(DeleteUserCommand, {"user_id": gone})
    for user_id in (gone, nobody()):
        assert code(await house.ask(query, {"user_id": user_id})) == "not_found"
