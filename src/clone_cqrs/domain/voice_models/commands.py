"""Commands on voice models."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.domain.fields import Milliseconds, PositiveInteger, Score, SomeTexts, Text, VoiceProvider
from clone_cqrs.messages import Command, Payload


class CreateVoiceModel(Payload):
    """audio_samples: paths. voice_model_id: the new model's id; a UUIDv7 is made without one."""

    user_id: UUID
    voice_model_id: UUID | None = None
    provider: VoiceProvider
    audio_samples: SomeTexts


class CompleteVoiceModelTraining(Payload):
    """quality_score: 0 to 100; sample_rate: in Hz."""

    user_id: UUID
    voice_model_id: UUID
    model_path: Text
    quality_score: Score
    sample_rate: PositiveInteger
    training_duration_ms: Milliseconds


class FailVoiceModelTraining(Payload):
    user_id: UUID
    voice_model_id: UUID
    error_message: Text
    error_code: Text


class ActivateVoiceModel(Payload):
    user_id: UUID
    voice_model_id: UUID


class VoiceModelData(Payload):
    """What every command on a voice model gives back."""

    voice_model_id: UUID


class CreateVoiceModelCommand(Command[CreateVoiceModel, VoiceModelData], type="voice_model.create"): ...


class CompleteVoiceModelTrainingCommand(
    Command[CompleteVoiceModelTraining, VoiceModelData], type="voice_model.complete_training"
): ...


class FailVoiceModelTrainingCommand(Command[FailVoiceModelTraining, VoiceModelData], type="voice_model.fail_training"): ...


class ActivateVoiceModelCommand(Command[ActivateVoiceModel, VoiceModelData], type="voice_model.activate"): ...
