"""One message of every type that would be carried out, and the world in which it would."""

from typing import Any
from uuid import UUID

from pydantic.alias_generators import to_camel
from tests.domain.clone import (
    BUILT,
    DOCUMENT,
    FACE_MODEL,
    FAILURE,
    PROCESSED,
    SESSION,
    TRAINED,
    TURN,
    USER,
    VOICE_MODEL,
    Clone,
    Fields,
)

from clone_cqrs import domain
from clone_cqrs.messages import Envelope
from clone_cqrs.postgres import Database

ADA, BOB = (UUID(int=number) for number in (1, 2))
VOICE, TRAINING, FACE, PROCESSING, PENDING, OPEN = (UUID(int=number) for number in range(11, 17))

_SAMPLES: dict[str, Fields] = {
    "user.create": {**USER, "email": "new@example.com"},
    "user.update": {"name": "Augusta", "personality_traits": ["dry"], "speaking_style": "slow"},
    "voice_model.create": VOICE_MODEL,
    "voice_model.complete_training": {"voice_model_id": TRAINING, **TRAINED},
    "voice_model.fail_training": {"voice_model_id": TRAINING, **FAILURE},
    "voice_model.activate": {"voice_model_id": VOICE},
    "voice_model.get": {"voice_model_id": VOICE},
    "face_model.create": FACE_MODEL,
    "face_model.complete_creation": {"face_model_id": PROCESSING, **BUILT},
    "face_model.fail_creation": {"face_model_id": PROCESSING, **FAILURE},
    "face_model.activate": {"face_model_id": FACE},
    "face_model.get": {"face_model_id": FACE},
    "document.upload": {**DOCUMENT, "title": "Notes", "tags": ["a"]},
    "document.complete_processing": {"document_id": PENDING, **PROCESSED},
    "document.fail_processing": {"document_id": PENDING, **FAILURE},
    "document.delete": {"document_id": PENDING},
    "document.get": {"document_id": PENDING},
    "document.list": {"status": "pending"},
    "conversation.start": {"voice_model_id": VOICE, "face_model_id": FACE, **SESSION},
    "conversation.record_turn": {"session_id": OPEN, **TURN},
    "conversation.end": {"session_id": OPEN},
    "conversation.get_session": {"session_id": OPEN},
    "conversation.get_history": {"session_id": OPEN},
    "conversation.list_sessions": {"start_date": "2026-03-01T00:00:00Z", "end_date": "2026-03-02T00:00:00.5+01:00"},
}
FOR_SYSTEM = {
    "user.create",
    "voice_model.complete_training",
    "voice_model.fail_training",
    "face_model.complete_creation",
    "face_model.fail_creation",
    "document.complete_processing",
    "document.fail_processing",
}


def message_classes() -> tuple[type[Envelope[Any, Any]], ...]:
    """Every command and query that has a handler."""
    clone = Clone(Database("postgres://nowhere"))
    return tuple(each.message_class for bus in (clone.commands, clone.queries) for each in bus.registrations)


def sample(cls: type[Envelope[Any, Any]], user_id: UUID = ADA) -> dict[str, Any]:
    """A payload in wire form, of Ada's by default. user.create names the user whom it makes."""
    fields = {"user_id": UUID(int=99) if cls.type_name == "user.create" else user_id, **_SAMPLES.get(cls.type_name, {})}
    return {to_camel(name): str(value) if isinstance(value, UUID) else value for name, value in fields.items()}


def actor_of(cls: type[Envelope[Any, Any]]) -> UUID | str:
    """Who may: as far as a sample of Ada's is concerned."""
    return "system" if cls.type_name in FOR_SYSTEM else ADA


async def build_world(clone: Clone) -> None:
    """Ada has one of everything, Bob has nothing."""
    for user_id, email in ((ADA, "ada@example.com"), (BOB, "bob@example.com")):
        await clone.user(user_id=user_id, email=email)
    ada = {"user_id": ADA}
    for voice_model in (VOICE, TRAINING):
        await clone.do(domain.CreateVoiceModelCommand, {**ada, **VOICE_MODEL, "voice_model_id": voice_model})
    for face_model in (FACE, PROCESSING):
        await clone.do(domain.CreateFaceModelCommand, {**ada, **FACE_MODEL, "face_model_id": face_model})
    trained, built = {**ada, **TRAINED, "voice_model_id": VOICE}, {**ada, **BUILT, "face_model_id": FACE}
    await clone.do(domain.CompleteVoiceModelTrainingCommand, trained, actor="system")
    await clone.do(domain.CompleteFaceModelCreationCommand, built, actor="system")
    await clone.do(domain.UploadDocumentCommand, {**ada, **DOCUMENT, "document_id": PENDING})
    (await clone.do(domain.StartConversationCommand, {**ada, **SESSION, "session_id": OPEN, "voice_model_id": VOICE})).unwrap()
