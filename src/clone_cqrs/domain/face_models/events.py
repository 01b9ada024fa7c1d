"""Events of face models. A model is requested first, and created when its processing completes."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.domain.fields import Count, MediaType, Milliseconds, Resolution, Score, SomeTexts, Text
from clone_cqrs.messages import DomainEvent, Payload


class FaceModelRequestedPayload(Payload):
    user_id: UUID
    face_model_id: UUID
    media_type: MediaType
    media_paths: SomeTexts


class FaceModelCreatedPayload(Payload):
    """is_active: whether it became the active one, as the user's first that completed."""

    face_model_id: UUID
    user_id: UUID
    model_path: Text
    quality_score: Score
    resolution: Resolution
    keypoint_count: Count
    processing_duration_ms: Milliseconds
    is_active: bool


class FaceModelCreationFailedPayload(Payload):
    face_model_id: UUID
    user_id: UUID
    error_message: Text
    error_code: Text


class FaceModelActivatedPayload(Payload):
    """The user's model that was active before gave way."""

    user_id: UUID
    face_model_id: UUID


_TABLES = ("face_models",)


class FaceModelRequested(
    DomainEvent[FaceModelRequestedPayload], type="face_model.requested", aggregate="face_model", tables=_TABLES
): ...


class FaceModelCreated(
    DomainEvent[FaceModelCreatedPayload], type="face_model.created", aggregate="face_model", tables=_TABLES
): ...


class FaceModelCreationFailed(
    DomainEvent[FaceModelCreationFailedPayload],
    type="face_model.creation_failed",
    aggregate="face_model",
    tables=_TABLES,
): ...


class FaceModelActivated(
    DomainEvent[FaceModelActivatedPayload], type="face_model.activated", aggregate="face_model", tables=_TABLES
): ...
