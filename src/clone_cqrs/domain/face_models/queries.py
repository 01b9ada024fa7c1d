"""Queries on face models, and the row that answers them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from clone_cqrs.domain.paging import ListPayload
from clone_cqrs.messages import Page, Payload, Query


class ListFaceModels(ListPayload):
    user_id: UUID


class GetFaceModel(Payload):
    user_id: UUID
    face_model_id: UUID


class FaceModel(Payload):
    """A row of face_model_summary_view. What processing yields is null, and the keypoints are 0, until it has completed."""

    id: UUID
    user_id: UUID
    model_path: str | None
    resolution_width: int | None
    resolution_height: int | None
    quality_score: Decimal | None
    keypoint_count: int
    is_active: bool
    created_at: datetime
    usage_count: int
    last_used_at: datetime | None


class ListFaceModelsQuery(Query[ListFaceModels, Page[FaceModel]], type="face_model.list"):
    """Newest first."""


class GetFaceModelQuery(Query[GetFaceModel, FaceModel], type="face_model.get"): ...
