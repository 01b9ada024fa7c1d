"""The clone's six read models: their definitions are in 0002_views of the migrations, their triggers in 0003_fresh_views."""

from __future__ import annotations

from typing import Final

from clone_cqrs.views import MaterializedView, SharedChanges, Through

_CONVERSATIONS: Final = "conversations"
"""What a turn changes: its session's summary and its user's statistics, noted as one row."""

VIEWS: Final = (
    MaterializedView(
        name="user_profile_view",
        key="id",
        time_columns=("recent_conversation_count",),
        changes={
            "users": "id",
            "voice_models": "user_id",
            "face_models": "user_id",
            "knowledge_documents": "user_id",
            "conversation_sessions": "user_id",
        },
    ),
    MaterializedView(
        name="conversation_session_summary_view",
        key="id",
        list_key="user_id",
        list_order=("started_at DESC", "id DESC"),
        shared_changes=SharedChanges(_CONVERSATIONS, {"id": "session_id"}),
        changes={
            "conversation_sessions": ("id", "user_id"),
            "conversation_turns": Through("session_id", "conversation_sessions", ("id", "user_id")),
        },
    ),
    MaterializedView(
        name="document_summary_view",
        key="id",
        list_key="user_id",
        list_order=("uploaded_at DESC", "id DESC"),
        list_filters=("status",),
        changes={"knowledge_documents": ("id", "user_id")},
    ),
    MaterializedView(
        name="user_statistics_view",
        key="user_id",
        shared_changes=SharedChanges(_CONVERSATIONS),
        changes={
            "users": "id",
            "voice_models": "user_id",
            "face_models": "user_id",
            "knowledge_documents": "user_id",
            "conversation_sessions": "user_id",
            "conversation_turns": Through("session_id", "conversation_sessions", "user_id"),
        },
    ),
    MaterializedView(
        name="voice_model_summary_view",
        key="id",
        list_key="user_id",
        list_order=("created_at DESC", "id DESC"),
        changes={
            "voice_models": ("id", "user_id"),
            "conversation_sessions": Through("voice_model_id", "voice_models", ("id", "user_id")),
        },
    ),
    MaterializedView(
        name="face_model_summary_view",
        key="id",
        list_key="user_id",
        list_order=("created_at DESC", "id DESC"),
        changes={
            "face_models": ("id", "user_id"),
            "conversation_sessions": Through("face_model_id", "face_models", ("id", "user_id")),
        },
    ),
)
