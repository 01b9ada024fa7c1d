"""Events of conversations."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from clone_cqrs.domain.fields import Cost, LongText, Milliseconds, Text
from clone_cqrs.messages import DomainEvent, Payload, Personal


class ConversationStartedPayload(Payload):
    session_id: UUID
    user_id: UUID
    voice_model_id: UUID
    face_model_id: UUID | None = None
    llm_provider: Text
    tts_provider: Text


class ConversationTurnCompletedPayload(Payload):
    session_id: UUID
    turn_id: UUID
    user_id: UUID
    user_transcript: Personal[LongText]
    system_response: Personal[LongText]
    latency_ms: Milliseconds
    cost: Cost


class ConversationEndedPayload(Payload):
    """duration_seconds: rounded down; average_latency_ms: null without turns."""

    session_id: UUID
    user_id: UUID
    duration_seconds: int
    total_turns: int
    total_cost: Decimal
    average_latency_ms: float | None


_AGGREGATE = "conversation_session"


class ConversationStarted(
    DomainEvent[ConversationStartedPayload],
    type="conversation.started",
    aggregate=_AGGREGATE,
    tables=("conversation_sessions",),
): ...


class ConversationTurnCompleted(
    DomainEvent[ConversationTurnCompletedPayload],
    type="conversation.turn_completed",
    aggregate=_AGGREGATE,
    tables=("conversation_turns",),
): ...


class ConversationEnded(
    DomainEvent[ConversationEndedPayload],
    type="conversation.ended",
    aggregate=_AGGREGATE,
    tables=("conversation_sessions", "users"),
): ...
