"""Every constraint of the clone's tables refuses the row that breaks its rule, and says so by its name."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from tests.domain.schema import rows
from tests.domain.schema.rows import NOON, Connection, Row

Break = Callable[[Connection], Awaitable[None]]
EARLIER = NOON - timedelta(seconds=1)


def bad_user(**changes: Any) -> Break:
    async def attempt(clone: Connection) -> None:
        await rows.insert(clone, "users", rows.user(**changes))

    return attempt


def bad_row(table: str, make: Callable[..., Row], **changes: Any) -> Break:
    """Insert something of an existing user with changes that break a rule."""

    async def attempt(clone: Connection) -> None:
        owner = rows.user()
        await rows.insert(clone, "users", owner)
        await rows.insert(clone, table, make(owner["id"], **changes))

    return attempt


def bad_voice(**changes: Any) -> Break:
    return bad_row("voice_models", rows.voice_model, **changes)


def bad_face(**changes: Any) -> Break:
    return bad_row("face_models", rows.face_model, **changes)


def bad_document(**changes: Any) -> Break:
    return bad_row("knowledge_documents", rows.document, **changes)


async def open_session(clone: Connection) -> Row:
    owner = rows.user()
    voice = rows.voice_model(owner["id"], **rows.trained())
    conversation = rows.session(owner["id"], voice["id"])
    await rows.insert(clone, "users", owner)
    await rows.insert(clone, "voice_models", voice)
    await rows.insert(clone, "conversation_sessions", conversation)
    return conversation


def bad_session(**changes: Any) -> Break:
    async def attempt(clone: Connection) -> None:
        template = await open_session(clone)
        await rows.insert(clone, "conversation_sessions", template | {"id": uuid.uuid4()} | changes)

    return attempt


def bad_turn(**changes: Any) -> Break:
    async def attempt(clone: Connection) -> None:
        conversation = await open_session(clone)
        await rows.insert(clone, "conversation_turns", rows.turn(conversation["id"], **changes))

    return attempt


def twice(table: str, make: Callable[..., Row], **changes: Any) -> Break:
    """Insert two things of one user that both have these columns."""

    async def attempt(clone: Connection) -> None:
        owner = rows.user()
        await rows.insert(clone, "users", owner)
        await rows.insert(clone, table, make(owner["id"], **changes), make(owner["id"], **changes))

    return attempt


async def two_live_users_with_one_email(clone: Connection) -> None:
    await rows.insert(clone, "users", rows.user(email="Ada@Example.com"), rows.user(email="ada@example.COM"))


async def the_same_user_twice(clone: Connection) -> None:
    user_id = uuid.uuid4()
    await rows.insert(clone, "users", rows.user(id=user_id, email="a@b"), rows.user(id=user_id, email="c@d"))


async def the_same_session_twice(clone: Connection) -> None:
    await rows.insert(clone, "conversation_sessions", await open_session(clone))


async def the_same_turn_twice(clone: Connection) -> None:
    turn = rows.turn((await open_session(clone))["id"])
    await rows.insert(clone, "conversation_turns", turn, turn)


AN_ID = uuid.uuid4()

BROKEN: list[tuple[str, Break]] = [
    ("users_id_key", the_same_user_twice),
    ("users_live_email_key", two_live_users_with_one_email),
    ("users_email_check", bad_user(email="ada.example.com")),
    ("users_email_check", bad_user(email="ada@home@example.com")),
    ("users_email_check", bad_user(email="ada lovelace@example.com")),
    ("users_email_check", bad_user(email=f"{'a' * 243}@example.com")),
    ("users_name_check", bad_user(name="")),
    ("users_speaking_style_check", bad_user(speaking_style="")),
    ("users_password_hash_check", bad_user(password_hash="securepassword")),
    ("users_subscription_tier_check", bad_user(subscription_tier="gold")),
    ("users_conversation_minutes_used_check", bad_user(conversation_minutes_used=-1)),
    ("voice_models_id_key", twice("voice_models", rows.voice_model, id=AN_ID)),
    ("voice_models_one_active_key", twice("voice_models", rows.voice_model, **rows.trained(is_active=True))),
    ("voice_models_provider_check", bad_voice(provider="gramophone")),
    ("voice_models_audio_samples_check", bad_voice(audio_samples=[])),
    ("voice_models_status_check", bad_voice(status="processing")),
    ("voice_models_active_completed_check", bad_voice(is_active=True)),
    ("voice_models_result_check", bad_voice(status="completed")),
    ("voice_models_result_check", bad_voice(**rows.trained(quality_score=None))),
    ("voice_models_result_check", bad_voice(**rows.trained(status="training"))),
    ("voice_models_error_check", bad_voice(status="failed")),
    ("voice_models_error_check", bad_voice(**rows.trained(error_code="E"))),
    ("voice_models_quality_score_check", bad_voice(**rows.trained(quality_score=Decimal("100.1")))),
    ("voice_models_quality_score_check", bad_voice(**rows.trained(quality_score=Decimal(-1)))),
    ("voice_models_quality_score_check", bad_voice(**rows.trained(quality_score=Decimal("NaN")))),
    ("voice_models_sample_rate_check", bad_voice(**rows.trained(sample_rate=0))),
    ("voice_models_training_duration_check", bad_voice(**rows.trained(training_duration_ms=-1))),
    ("face_models_id_key", twice("face_models", rows.face_model, id=AN_ID)),
    ("face_models_one_active_key", twice("face_models", rows.face_model, **rows.built(is_active=True))),
    ("face_models_media_type_check", bad_face(media_type="sculpture")),
    ("face_models_media_paths_check", bad_face(media_paths=[])),
    ("face_models_status_check", bad_face(status="training")),
    ("face_models_active_completed_check", bad_face(is_active=True)),
    ("face_models_result_check", bad_face(status="completed")),
    ("face_models_result_check", bad_face(**rows.built(resolution_width=None))),
    ("face_models_error_check", bad_face(status="failed", error_message="blurred")),
    ("face_models_quality_score_check", bad_face(**rows.built(quality_score=Decimal(101)))),
    ("face_models_resolution_check", bad_face(**rows.built(resolution_height=0))),
    ("face_models_keypoint_count_check", bad_face(**rows.built(keypoint_count=-1))),
    ("face_models_processing_duration_check", bad_face(**rows.built(processing_duration_ms=-1))),
    ("knowledge_documents_id_key", twice("knowledge_documents", rows.document, id=AN_ID)),
    ("knowledge_documents_filename_check", bad_document(filename="")),
    ("knowledge_documents_size_bytes_check", bad_document(size_bytes=0)),
    ("knowledge_documents_status_check", bad_document(status="ready")),
    ("knowledge_documents_processed_check", bad_document(status="completed")),
    ("knowledge_documents_processed_check", bad_document(processed_at=NOON)),
    ("knowledge_documents_chunk_count_check", bad_document(**rows.processed(chunk_count=-1))),
    ("knowledge_documents_chunk_count_check", bad_document(chunk_count=1)),
    ("knowledge_documents_error_check", bad_document(status="failed")),
    ("conversation_sessions_id_key", the_same_session_twice),
    ("conversation_sessions_state_check", bad_session(state="paused")),
    ("conversation_sessions_ended_check", bad_session(state="ended")),
    ("conversation_sessions_ended_check", bad_session(ended_at=NOON)),
    ("conversation_sessions_chronology_check", bad_session(state="ended", ended_at=EARLIER, duration_seconds=-1)),
    ("conversation_sessions_duration_check", bad_session(duration_seconds=1)),
    (
        "conversation_sessions_duration_check",
        bad_session(**rows.ended(timedelta(seconds=90)) | {"duration_seconds": 91}),
    ),
    ("conversation_sessions_owner_fkey", bad_session(user_id=AN_ID)),
    ("conversation_sessions_voice_model_fkey", bad_session(voice_model_id=AN_ID)),
    ("conversation_sessions_face_model_fkey", bad_session(face_model_id=AN_ID)),
    ("conversation_turns_id_key", the_same_turn_twice),
    ("conversation_turns_session_fkey", bad_turn(session_id=AN_ID)),
    ("conversation_turns_latency_check", bad_turn(latency_ms=-1)),
    ("conversation_turns_cost_check", bad_turn(cost=Decimal("-0.01"))),
    ("conversation_turns_cost_check", bad_turn(cost=Decimal("1e15"))),
    ("conversation_turns_cost_check", bad_turn(cost=Decimal("NaN"))),
    ("conversation_turns_cost_check", bad_turn(cost=Decimal("Infinity"))),
]

OWNED: list[tuple[str, str, Callable[..., Row]]] = [
    ("voice_models_owner_fkey", "voice_models", rows.voice_model),
    ("face_models_owner_fkey", "face_models", rows.face_model),
    ("knowledge_documents_owner_fkey", "knowledge_documents", rows.document),
]

# Times are finite, so that their differences are; asyncpg has no infinite time, hence in SQL.
TIMES: list[tuple[str, str, str]] = [
    ("users_times_check", "users", "updated_at"),
    ("voice_models_times_check", "voice_models", "created_at"),
    ("face_models_times_check", "face_models", "created_at"),
    ("knowledge_documents_times_check", "knowledge_documents", "uploaded_at"),
    ("conversation_sessions_chronology_check", "conversation_sessions", "started_at"),
    ("conversation_turns_timestamp_check", "conversation_turns", "timestamp"),
]

# They exist for the locks that an UPDATE takes (test_locks.py); the primary key refuses first what they would.
FOR_LOCKS = {
    "users_lifetime_key",
    "voice_models_owner_lifetime_key",
    "face_models_owner_lifetime_key",
    "conversation_sessions_owner_lifetime_key",
}


@pytest.mark.parametrize(("constraint", "attempt"), BROKEN)
async def test_refuses_a_row_that_breaks_a_rule(clone: Connection, constraint: str, attempt: Break) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await attempt(clone)
    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(("constraint", "table", "make"), OWNED)
async def test_refuses_what_belongs_to_nobody(clone: Connection, constraint: str, table: str, make: Callable[..., Row]) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await rows.insert(clone, table, make(AN_ID))
    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(("constraint", "table", "column"), TIMES)
async def test_refuses_an_infinite_time(clone: Connection, constraint: str, table: str, column: str) -> None:
    conversation = await open_session(clone)
    owner = conversation["user_id"]
    await rows.insert(clone, "face_models", rows.face_model(owner))
    await rows.insert(clone, "knowledge_documents", rows.document(owner))
    await rows.insert(clone, "conversation_turns", rows.turn(conversation["id"]))
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await clone.execute(f"UPDATE {table} SET {column} = 'infinity'")
    assert refused.value.constraint_name == constraint


async def test_every_constraint_is_tried(clone: Connection) -> None:
    tables = [*{table for _, table, _ in TIMES}]
    defined = await clone.fetch(
        """
        SELECT conname AS name FROM pg_constraint
        WHERE contype IN ('c', 'f', 'p', 'u') AND conrelid::regclass::text = ANY ($1)
        UNION
        SELECT i.relname FROM pg_index JOIN pg_class i ON i.oid = indexrelid
        WHERE indisunique AND indrelid::regclass::text = ANY ($1)
        """,
        tables,
    )
    tried = {case[0] for case in (*BROKEN, *OWNED, *TIMES)}
    assert {row["name"] for row in defined} == tried | FOR_LOCKS
