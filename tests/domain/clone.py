"""The clone on a database of a test's own: what tests say to it, and what they find given."""

import itertools
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from tests.planted_secret import PLANTED

from clone_cqrs.commands import CommandBus
from clone_cqrs.domain import (
    CHEAPEST,
    CompleteFaceModelCreationCommand,
    CompleteVoiceModelTrainingCommand,
    CreateFaceModelCommand,
    CreateUserCommand,
    CreateVoiceModelCommand,
    StartConversationCommand,
    UploadDocumentCommand,
    register_handlers,
)
from clone_cqrs.messages import Command, CommandResult, Query, QueryResult
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus

R = TypeVar("R")
Fields = Mapping[str, Any]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = ("users", "voice_models", "face_models", "knowledge_documents", "conversation_sessions", "conversation_turns")

USER: Fields = {"name": "Ada", "password": PLANTED, "subscription_tier": "free"}
VOICE_MODEL: Fields = {"provider": "xtts-v2", "audio_samples": ["samples/1.wav"]}
TRAINED: Fields = {"model_path": "models/voice", "quality_score": 92.5, "sample_rate": 24_000, "training_duration_ms": 60_000}
FACE_MODEL: Fields = {"media_type": "images", "media_paths": ["images/1.png"]}
BUILT: Fields = {
    "model_path": "models/face",
    "quality_score": 88.1,
    "resolution": {"width": 512, "height": 256},
    "keypoint_count": 468,
    "processing_duration_ms": 30_000,
}
FAILURE: Fields = {"error_message": "too noisy", "error_code": "E_NOISE"}
DOCUMENT: Fields = {
    "filename": "notes.pdf",
    "content_type": "application/pdf",
    "storage_path": "documents/notes.pdf",
    "size_bytes": 1_000,
}
PROCESSED: Fields = {"chunk_count": 2, "vector_ids": ["v1", "v2"], "processing_duration_ms": 1_234}
SESSION: Fields = {"llm_provider": "gemini-flash", "tts_provider": "xtts-v2"}
TURN: Fields = {
    "user_transcript": "Hello?",
    "system_response": "Hello!",
    "latency_ms": 500,
    "cost": 0.01,
    "retrieved_chunks": ["c1"],
}

_numbers = itertools.count()


def after(**duration: float) -> datetime:
    return NOON + timedelta(**duration)


class Clone:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.commands = CommandBus(database=database)
        self.queries = QueryBus(database=database)
        register_handlers(self.commands, self.queries, database, password_cost=CHEAPEST)

    async def do(
        self, command: type[Command[Any, R]], payload: Fields, *, actor: str | UUID | None = None, at: datetime = NOON
    ) -> CommandResult[R]:
        """Execute a command, by default as the user whom its payload names."""
        return await self.commands.execute(command(payload, actor or payload["user_id"], timestamp=at))

    async def ask(
        self, query: type[Query[Any, R]], payload: Fields, *, actor: str | UUID | None = None, roles: tuple[str, ...] = ()
    ) -> QueryResult[R]:
        """Ask a query, by default as the user whom its payload names."""
        return await self.queries.execute(query(payload, actor or payload["user_id"]), roles=roles)

    async def rows(self, table: str) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.database.fetch(f"SELECT * FROM public.{table} ORDER BY id")]

    async def row(self, table: str, row_id: UUID) -> dict[str, Any]:
        (found,) = [row for row in await self.rows(table) if row["id"] == row_id]
        return found

    async def everything(self) -> dict[str, list[dict[str, Any]]]:
        return {table: await self.rows(table) for table in TABLES}

    # What tests find given.

    async def user(self, **fields: Any) -> UUID:
        email = {"email": f"user{next(_numbers)}@example.com"}
        return (await self.do(CreateUserCommand, {**USER, **email, **fields}, actor="system")).unwrap().user_id

    async def voice_model_in_training(self, user_id: UUID, at: datetime = NOON) -> UUID:
        payload = {**VOICE_MODEL, "user_id": user_id}
        return (await self.do(CreateVoiceModelCommand, payload, at=at)).unwrap().voice_model_id

    async def voice_model(self, user_id: UUID, at: datetime = NOON) -> UUID:
        """A completed one."""
        model_id = await self.voice_model_in_training(user_id, at)
        payload = {**TRAINED, "user_id": user_id, "voice_model_id": model_id}
        (await self.do(CompleteVoiceModelTrainingCommand, payload, actor="system", at=at)).unwrap()
        return model_id

    async def face_model_in_processing(self, user_id: UUID, at: datetime = NOON) -> UUID:
        payload = {**FACE_MODEL, "user_id": user_id}
        return (await self.do(CreateFaceModelCommand, payload, at=at)).unwrap().face_model_id

    async def face_model(self, user_id: UUID, at: datetime = NOON) -> UUID:
        """A completed one."""
        model_id = await self.face_model_in_processing(user_id, at)
        payload = {**BUILT, "user_id": user_id, "face_model_id": model_id}
        (await self.do(CompleteFaceModelCreationCommand, payload, actor="system", at=at)).unwrap()
        return model_id

    async def document(self, user_id: UUID, at: datetime = NOON) -> UUID:
        return (await self.do(UploadDocumentCommand, {**DOCUMENT, "user_id": user_id}, at=at)).unwrap().document_id

    async def session(self, user_id: UUID, at: datetime = NOON, **fields: Any) -> UUID:
        """An open one, with a voice model of its own unless one is named."""
        model = fields.pop("voice_model_id", None) or await self.voice_model(user_id)
        payload = {**SESSION, "user_id": user_id, "voice_model_id": model, **fields}
        return (await self.do(StartConversationCommand, payload, at=at)).unwrap().session_id


def code(result: CommandResult[Any] | QueryResult[Any]) -> str | None:
    return None if result.error is None else result.error.code


def the_event(result: CommandResult[Any]) -> tuple[str, str, str, dict[str, Any]]:
    """Type, aggregate type, aggregate id and wire payload of the only event of a command."""
    (event,) = result.events
    assert event.version is not None
    assert event.position is not None
    return event.event_type, event.aggregate_type, event.aggregate_id, event.wire_payload()


def nobody() -> UUID:
    """An id that names nothing."""
    return uuid.uuid4()
