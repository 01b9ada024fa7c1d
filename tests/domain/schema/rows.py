"""Valid rows of the clone's tables, to be changed in what a test is about, and their way into a database."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import asyncpg

Row: TypeAlias = dict[str, Any]
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def user(**changes: Any) -> Row:
    user_id = changes.get("id", uuid.uuid4())
    row = {
        "id": user_id,
        "email": f"{user_id}@example.com",
        "name": "Ada",
        "password_hash": "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "subscription_tier": "free",
        "personality_traits": [],
        "speaking_style": None,
        "conversation_minutes_used": 0,
        "created_at": NOON,
        "updated_at": NOON,
        "deleted_at": None,
    }
    return row | changes


def voice_model(user_id: uuid.UUID, /, **changes: Any) -> Row:
    """In training; see `trained` and `FAILED`."""
    row = {
        "id": uuid.uuid4(),
        "user_id": user_id,
        "provider": "xtts-v2",
        "audio_samples": ["samples/1.wav"],
        "status": "training",
        "is_active": False,
        "model_path": None,
        "quality_score": None,
        "sample_rate": None,
        "training_duration_ms": None,
        "error_message": None,
        "error_code": None,
        "created_at": NOON,
        "updated_at": NOON,
        "deleted_at": None,
    }
    return row | changes


def trained(**changes: Any) -> Row:
    """The columns that change when a voice model's training completes."""
    result = {
        "status": "completed",
        "model_path": "models/voice",
        "quality_score": Decimal("92.5"),
        "sample_rate": 24_000,
        "training_duration_ms": 60_000,
    }
    return result | changes


def face_model(user_id: uuid.UUID, /, **changes: Any) -> Row:
    """Being processed; see `built` and `FAILED`."""
    row = {
        "id": uuid.uuid4(),
        "user_id": user_id,
        "media_type": "images",
        "media_paths": ["images/1.png"],
        "status": "processing",
        "is_active": False,
        "model_path": None,
        "quality_score": None,
        "resolution_width": None,
        "resolution_height": None,
        "keypoint_count": 0,
        "processing_duration_ms": None,
        "error_message": None,
        "error_code": None,
        "created_at": NOON,
        "updated_at": NOON,
        "deleted_at": None,
    }
    return row | changes


def built(**changes: Any) -> Row:
    """The columns that change when a face model's creation completes."""
    result = {
        "status": "completed",
        "model_path": "models/face",
        "quality_score": Decimal("88.1"),
        "resolution_width": 512,
        "resolution_height": 256,
        "keypoint_count": 468,
        "processing_duration_ms": 30_000,
    }
    return result | changes


FAILED: Row = {"status": "failed", "error_message": "too noisy", "error_code": "E_NOISE"}


def document(user_id: uuid.UUID, /, **changes: Any) -> Row:
    """Uploaded and not yet processed; see `processed` and `FAILED`."""
    row = {
        "id": uuid.uuid4(),
        "user_id": user_id,
        "filename": "notes.pdf",
        "content_type": "application/pdf",
        "storage_path": "documents/notes.pdf",
        "size_bytes": 1_000,
        "title": None,
        "tags": [],
        "status": "pending",
        "chunk_count": 0,
        "vector_ids": [],
        "error_message": None,
        "error_code": None,
        "uploaded_at": NOON,
        "processed_at": None,
        "updated_at": NOON,
        "deleted_at": None,
    }
    return row | changes


def processed(**changes: Any) -> Row:
    """The columns that change when a document's processing completes."""
    at = NOON + timedelta(seconds=29, milliseconds=199)
    return {"status": "completed", "chunk_count": 3, "processed_at": at, "updated_at": at} | changes


def session(user_id: uuid.UUID, voice_model_id: uuid.UUID, /, **changes: Any) -> Row:
    """Open; see `ended`."""
    row = {
        "id": uuid.uuid4(),
        "user_id": user_id,
        "voice_model_id": voice_model_id,
        "face_model_id": None,
        "llm_provider": "openai",
        "tts_provider": "xtts-v2",
        "state": "active",
        "started_at": NOON,
        "ended_at": None,
        "duration_seconds": 0,
        "deleted_at": None,
    }
    return row | changes


def ended(after: timedelta, started_at: datetime = NOON) -> Row:
    """The columns of a session that ended some time after its start."""
    return {
        "state": "ended",
        "started_at": started_at,
        "ended_at": started_at + after,
        "duration_seconds": after // timedelta(seconds=1),
    }


def turn(session_id: uuid.UUID, /, **changes: Any) -> Row:
    row = {
        "id": uuid.uuid4(),
        "session_id": session_id,
        "timestamp": NOON,
        "user_transcript": "Hello?",
        "system_response": "Hello!",
        "latency_ms": 500,
        "cost": Decimal("0.01"),
        "retrieved_chunks": [],
    }
    return row | changes


async def insert(connection: Connection, table: str, *rows: Row) -> None:
    """Insert rows that all have the same columns."""
    columns = list(rows[0])
    placeholders = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await connection.executemany(
        f"INSERT INTO public.{table} ({', '.join(columns)}) VALUES ({placeholders})",
        [[row[column] for column in columns] for row in rows],
    )


async def update(connection: Connection, table: str, row_id: uuid.UUID, **columns: Any) -> None:
    assignments = ", ".join(f"{column} = ${n}" for n, column in enumerate(columns, start=2))
    await connection.execute(f"UPDATE public.{table} SET {assignments} WHERE id = $1", row_id, *columns.values())
