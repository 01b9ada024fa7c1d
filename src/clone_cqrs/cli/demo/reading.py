"""One user, as the materialized views have them: plain SQL, as anyone could type it."""

from __future__ import annotations

from uuid import UUID

from rich.text import Text

from clone_cqrs.cli.demo.pictures import row_sheet, rows_table, side_by_side
from clone_cqrs.cli.demo.stage import Part
from clone_cqrs.cli.faults import FaultError
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

_PACKAGE = "clone_cqrs.cli.demo"
_PROFILE = (
    "name",
    "email",
    "subscription_tier",
    "personality_traits",
    "speaking_style",
    "active_voice_model",
    "active_face_model",
    "document_count",
    "conversation_minutes_used",
)
_STATISTICS = (
    "total_conversations",
    "total_conversation_seconds",
    "avg_conversation_seconds",
    "total_turns",
    "total_cost",
    "total_documents",
    "processed_documents",
    "total_voice_models",
    "last_activity_at",
)
_SESSIONS = {
    "started_at": "started",
    "state": "state",
    "llm_provider": "language model",
    "tts_provider": "voice",
    "turn_count": "turns",
    "duration_seconds": "seconds",
    "avg_latency_ms": "latency ms",
    "total_cost": "cost",
}
_DOCUMENTS = {
    "uploaded_at": "uploaded",
    "filename": "file",
    "size_bytes": "bytes",
    "status": "status",
    "chunk_count": "chunks",
    "processing_duration_ms": "processing ms",
}


async def find_user(database: Database) -> UUID:
    """The user with the most to see. Raises: FaultError where there is none."""
    found: UUID | None = await database.fetch_value(statement(_PACKAGE, "one_user"))
    if found is None:
        raise FaultError("no user in this database has an active voice and an active face: give --dsn an empty database")
    return found


async def show_user(part: Part, database: Database, user_id: UUID) -> None:
    """Profile, statistics, sessions and documents of a user."""
    profile = await database.fetch_one(statement(_PACKAGE, "profile"), user_id)
    statistics = await database.fetch_one(statement(_PACKAGE, "statistics"), user_id)
    sessions = await database.fetch(statement(_PACKAGE, "sessions"), user_id)
    documents = await database.fetch(statement(_PACKAGE, "documents"), user_id)
    assert profile is not None  # find_user has just read it
    assert statistics is not None
    part.show(
        side_by_side(
            row_sheet("user_profile_view", profile, _PROFILE), row_sheet("user_statistics_view", statistics, _STATISTICS)
        ),
        Text(),
        rows_table("conversation_session_summary_view", sessions, _SESSIONS),
        Text(),
        rows_table("document_summary_view", documents, _DOCUMENTS),
    )
