"""Commands on face models."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.domain.fields import Count, MediaType, Milliseconds, Resolution, Score, SomeTexts, Text
from clone_cqrs.messages import Command, Payload


class CreateFaceModel(Payload):
    """face_model_id: the new model's id; a UUIDv7 is made without one."""

    user_id: UUID
    face_model_id: UUID | None = None
    media_type: MediaType
    media_paths: SomeTexts


class CompleteFaceModelCreation(Payload):
    """quality_score: 0 to 100."""

    user_id: UUID
    face_model_id: UUID
    model_path: Text
    quality_score: Score
    resolution: Resolution
    keypoint_count: Count
    processing_duration_ms: Milliseconds


class FailFaceModelCreation(Payload):
    user_id: UUID
    face_model_id: UUID
    error_message: Text
    error_code: Text


class ActivateFaceModel(Payload):
    user_id: UUID
    face_model_id: UUID


class FaceModelData(Payload):
    """What every command on a face model gives back."""

    face_model_id: UUID


class CreateFaceModelCommand(Command[CreateFaceModel, FaceModelData], type="face_model.create"): ...


class CompleteFaceModelCreationCommand(
    Command[CompleteFaceModelCreation, FaceModelData], type="face_model.complete_creation"
): ...


class FailFaceModelCreationCommand(Command[FailFaceModelCreation, FaceModelData], type="face_model.fail_creation"): ...


class ActivateFaceModelCommand(Command[ActivateFaceModel, FaceModelData], type="face_model.activate"): ...
