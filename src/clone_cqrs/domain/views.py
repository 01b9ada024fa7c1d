"""The clone's six read models. Their definitions are in migrations/versions/0002_views/."""

from __future__ import annotations

from typing import Final

from clone_cqrs.views import MaterializedView

VIEWS: Final = (
    MaterializedView(name="user_profile_view", key="id", time_columns=("recent_conversation_count",)),
    MaterializedView(name="conversation_session_summary_view", key="id", list_key="user_id"),
    MaterializedView(name="document_summary_view", key="id", list_key="user_id"),
    MaterializedView(name="user_statistics_view", key="user_id"),
    MaterializedView(name="voice_model_summary_view", key="id", list_key="user_id"),
    MaterializedView(name="face_model_summary_view", key="id", list_key="user_id"),
)
