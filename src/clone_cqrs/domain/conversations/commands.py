"""Commands on conversations."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.domain.fields import Cost, LongText, Milliseconds, Text, Texts
from clone_cqrs.messages import Command, Payload, Personal


class StartConversation(Payload):
    """The models: completed ones of the user's own. session_id: the new session's id; a UUIDv7 is made without one."""

    user_id: UUID
    session_id: UUID | None = None
    voice_model_id: UUID
    face_model_id: UUID | None = None
    llm_provider: Text
    tts_provider: Text


class RecordConversationTurn(Payload):
    """turn_id: the new turn's id; a UUIDv7 is made without one. retrieved_chunks: what the answer was based on."""

    user_id: UUID
    session_id: UUID
    turn_id: UUID | None = None
    user_transcript: Personal[LongText]
    system_response: Personal[LongText]
    latency_ms: Milliseconds
    cost: Cost
    retrieved_chunks: Texts


class EndConversation(Payload):
    user_id: UUID
    session_id: UUID


class SessionData(Payload):
    session_id: UUID


class TurnData(Payload):
    turn_id: UUID


class StartConversationCommand(Command[StartConversation, SessionData], type="conversation.start"): ...


class RecordConversationTurnCommand(Command[RecordConversationTurn, TurnData], type="conversation.record_turn"): ...


class EndConversationCommand(Command[EndConversation, SessionData], type="conversation.end"): ...
