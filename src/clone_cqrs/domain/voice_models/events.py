"""Events of voice models."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.domain.fields import Milliseconds, PositiveInteger, Score, SomeTexts, Text, VoiceProvider
from clone_cqrs.messages import DomainEvent, Payload


class VoiceModelCreatedPayload(Payload):
    user_id: UUID
    voice_model_id: UUID
    provider: VoiceProvider
    audio_samples: SomeTexts


class VoiceModelTrainedPayload(Payload):
    """is_active: whether it became the active one, as the user's first that completed."""

    voice_model_id: UUID
    user_id: UUID
    provider: VoiceProvider
    model_path: Text
    quality_score: Score
    sample_rate: PositiveInteger
    training_duration_ms: Milliseconds
    is_active: bool


class VoiceModelTrainingFailedPayload(Payload):
    voice_model_id: UUID
    user_id: UUID
    error_message: Text
    error_code: Text


class VoiceModelActivatedPayload(Payload):
    """The user's model that was active before gave way."""

    user_id: UUID
    voice_model_id: UUID


_TABLES = ("voice_models",)


class VoiceModelCreated(
    DomainEvent[VoiceModelCreatedPayload], type="voice_model.created", aggregate="voice_model", tables=_TABLES
): ...


class VoiceModelTrained(
    DomainEvent[VoiceModelTrainedPayload], type="voice_model.trained", aggregate="voice_model", tables=_TABLES
): ...


class VoiceModelTrainingFailed(
    DomainEvent[VoiceModelTrainingFailedPayload],
    type="voice_model.training_failed",
    aggregate="voice_model",
    tables=_TABLES,
): ...


class VoiceModelActivated(
    DomainEvent[VoiceModelActivatedPayload], type="voice_model.activated", aggregate="voice_model", tables=_TABLES
): ...
