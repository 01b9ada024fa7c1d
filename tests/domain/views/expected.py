"""What the six views must show for given rows, computed in Python and from nothing of the views' SQL."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.domain.schema.rows import Row
from tests.domain.views.stored import Stored

View = dict[Any, Row]  # the rows by their key


def live(rows: Iterable[Row], **equal: Any) -> list[Row]:
    return [r for r in rows if r.get("deleted_at") is None and all(r[column] == value for column, value in equal.items())]


def mean(values: list[int]) -> Decimal | None:
    return Decimal(sum(values)) / len(values) if values else None


def written_in_json(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def user_profile(stored: Stored, now: datetime) -> View:
    def active_voice_model(user: Row) -> Row | None:
        for model in live(stored.voice_models, user_id=user["id"], is_active=True):
            score, created_at = model["quality_score"], written_in_json(model["created_at"])
            return {"id": str(model["id"]), "provider": model["provider"], "quality_score": score, "created_at": created_at}
        return None

    def active_face_model(user: Row) -> Row | None:
        for model in live(stored.face_models, user_id=user["id"], is_active=True):
            resolution = {"width": model["resolution_width"], "height": model["resolution_height"]}
            score, created_at = model["quality_score"], written_in_json(model["created_at"])
            return {"id": str(model["id"]), "quality_score": score, "resolution": resolution, "created_at": created_at}
        return None

    own = ["id", "email", "name", "created_at", "updated_at", "personality_traits", "speaking_style"]
    own += ["subscription_tier", "conversation_minutes_used"]
    view = {}
    for user in live(stored.users):
        conversations = live(stored.conversation_sessions, user_id=user["id"])
        view[user["id"]] = {column: user[column] for column in own} | {
            "active_voice_model": active_voice_model(user),
            "active_face_model": active_face_model(user),
            "document_count": len(live(stored.knowledge_documents, user_id=user["id"])),
            "recent_conversation_count": sum(now - s["started_at"] <= timedelta(days=30) for s in conversations),
        }
    return view


def conversation_session_summary(stored: Stored, now: datetime) -> View:
    own = ["id", "user_id", "started_at", "ended_at", "duration_seconds", "state", "llm_provider", "tts_provider"]
    own += ["voice_model_id", "face_model_id"]
    view = {}
    for session in live(stored.conversation_sessions):
        turns = live(stored.conversation_turns, session_id=session["id"])
        times = [turn["timestamp"] for turn in turns]
        view[session["id"]] = {column: session[column] for column in own} | {
            "turn_count": len(turns),
            "avg_latency_ms": mean([turn["latency_ms"] for turn in turns]),
            "total_cost": sum(turn["cost"] for turn in turns) if turns else None,
            "first_turn_at": min(times, default=None),
            "last_turn_at": max(times, default=None),
        }
    return view


def document_summary(stored: Stored, now: datetime) -> View:
    own = ["id", "user_id", "filename", "content_type", "size_bytes", "uploaded_at", "processed_at", "status"]
    own += ["chunk_count", "title", "tags"]
    view = {}
    for document in live(stored.knowledge_documents):
        duration_ms = None
        if document["status"] == "completed":
            microseconds = (document["processed_at"] - document["uploaded_at"]) // timedelta(microseconds=1)
            duration_ms = Decimal(microseconds) / 1000
        view[document["id"]] = {column: document[column] for column in own} | {"processing_duration_ms": duration_ms}
    return view


def user_statistics(stored: Stored, now: datetime) -> View:
    view = {}
    for user in live(stored.users):
        sessions = live(stored.conversation_sessions, user_id=user["id"])
        turns = [turn for session in sessions for turn in live(stored.conversation_turns, session_id=session["id"])]
        documents = live(stored.knowledge_documents, user_id=user["id"])
        seconds = [session["duration_seconds"] for session in sessions]
        view[user["id"]] = {
            "user_id": user["id"],
            "total_conversations": len(sessions),
            "total_conversation_seconds": sum(seconds),
            "avg_conversation_seconds": mean(seconds) or 0,
            "total_turns": len(turns),
            "total_cost": sum(turn["cost"] for turn in turns),
            "total_documents": len(documents),
            "processed_documents": len(live(documents, status="completed")),
            "total_voice_models": len(live(stored.voice_models, user_id=user["id"])),
            "total_face_models": len(live(stored.face_models, user_id=user["id"])),
            "last_activity_at": max(
                [user["updated_at"]] + [s["started_at"] for s in sessions] + [d["uploaded_at"] for d in documents]
            ),
        }
    return view


def _model_summary(models: list[Row], own: list[str], reference: str, stored: Stored) -> View:
    view = {}
    for model in live(models):
        used_at = [s["started_at"] for s in live(stored.conversation_sessions, **{reference: model["id"]})]
        view[model["id"]] = {column: model[column] for column in own} | {
            "usage_count": len(used_at),
            "last_used_at": max(used_at, default=None),
        }
    return view


def voice_model_summary(stored: Stored, now: datetime) -> View:
    own = ["id", "user_id", "provider", "model_path", "sample_rate", "quality_score", "is_active", "created_at"]
    return _model_summary(stored.voice_models, own, "voice_model_id", stored)


def face_model_summary(stored: Stored, now: datetime) -> View:
    own = ["id", "user_id", "model_path", "resolution_width", "resolution_height", "quality_score", "keypoint_count"]
    return _model_summary(stored.face_models, [*own, "is_active", "created_at"], "face_model_id", stored)


EXPECTED: dict[str, Callable[[Stored, datetime], View]] = {
    "user_profile": user_profile,
    "conversation_session_summary": conversation_session_summary,
    "document_summary": document_summary,
    "user_statistics": user_statistics,
    "voice_model_summary": voice_model_summary,
    "face_model_summary": face_model_summary,
}
