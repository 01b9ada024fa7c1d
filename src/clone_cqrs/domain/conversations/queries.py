"""Queries on conversations, and the rows that answer them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from clone_cqrs.domain.fields import SessionState
from clone_cqrs.domain.paging import ListPayload
from clone_cqrs.messages import Page, Payload, Personal, Query


class GetConversationSession(Payload):
    user_id: UUID
    session_id: UUID


class ListConversationSessions(ListPayload):
    """Those that started in [start_date, end_date); either may be absent."""

    user_id: UUID
    start_date: datetime | None = None
    end_date: datetime | None = None


class GetConversationHistory(ListPayload):
    user_id: UUID
    session_id: UUID


class ConversationSession(Payload):
    """A row of conversation_session_summary_view.

    duration_seconds: 0 while open; turn_count: 0, and the others null, without turns.
    """

    id: UUID
    user_id: UUID
    started_at: datetime
    ended_at: datetime | None
    duration_seconds: int
    state: SessionState
    llm_provider: str
    tts_provider: str
    voice_model_id: UUID
    face_model_id: UUID | None
    turn_count: int
    avg_latency_ms: Decimal | None
    total_cost: Decimal | None
    first_turn_at: datetime | None
    last_turn_at: datetime | None


class ConversationTurn(Payload):
    """The table's row."""

    id: UUID
    session_id: UUID
    timestamp: datetime
    user_transcript: Personal[str]
    system_response: Personal[str]
    latency_ms: int
    cost: Decimal
    retrieved_chunks: tuple[str, ...]


class GetConversationSessionQuery(Query[GetConversationSession, ConversationSession], type="conversation.get_session"): ...


class ListConversationSessionsQuery(
    Query[ListConversationSessions, Page[ConversationSession]], type="conversation.list_sessions"
):
    """Newest first."""


class GetConversationHistoryQuery(Query[GetConversationHistory, Page[ConversationTurn]], type="conversation.get_history"):
    """Oldest first."""
