"""Queries on voice models, and the row that answers them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from clone_cqrs.domain.fields import VoiceProvider
from clone_cqrs.domain.paging import ListPayload
from clone_cqrs.messages import Page, Payload, Query


class ListVoiceModels(ListPayload):
    user_id: UUID


class GetVoiceModel(Payload):
    user_id: UUID
    voice_model_id: UUID


class VoiceModel(Payload):
    """A row of voice_model_summary_view. What training yields is null until it has completed."""

    id: UUID
    user_id: UUID
    provider: VoiceProvider
    model_path: str | None
    sample_rate: int | None
    quality_score: Decimal | None
    is_active: bool
    created_at: datetime
    usage_count: int
    last_used_at: datetime | None


class ListVoiceModelsQuery(Query[ListVoiceModels, Page[VoiceModel]], type="voice_model.list"):
    """Newest first."""


class GetVoiceModelQuery(Query[GetVoiceModel, VoiceModel], type="voice_model.get"): ...
