"""Queries on users, and the rows that answer them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from clone_cqrs.domain.fields import Resolution, SubscriptionTier, VoiceProvider
from clone_cqrs.messages import Payload, Personal, Query


class GetUser(Payload):
    user_id: UUID


class GetUserProfile(Payload):
    user_id: UUID


class GetUserStatistics(Payload):
    user_id: UUID


class User(Payload):
    """The table's row, without secrets."""

    id: UUID
    email: Personal[str]
    name: Personal[str]
    subscription_tier: SubscriptionTier
    personality_traits: Personal[tuple[str, ...]]
    speaking_style: Personal[str | None]
    conversation_minutes_used: int
    created_at: datetime
    updated_at: datetime


class ActiveVoiceModel(Payload):
    id: UUID
    provider: VoiceProvider
    quality_score: Decimal
    created_at: datetime


class ActiveFaceModel(Payload):
    id: UUID
    quality_score: Decimal
    resolution: Resolution
    created_at: datetime


class UserProfile(Payload):
    """A row of user_profile_view. recent_conversation_count: of those started in the last 30 days."""

    id: UUID
    email: Personal[str]
    name: Personal[str]
    created_at: datetime
    updated_at: datetime
    personality_traits: Personal[tuple[str, ...]]
    speaking_style: Personal[str | None]
    subscription_tier: SubscriptionTier
    conversation_minutes_used: int
    active_voice_model: ActiveVoiceModel | None
    active_face_model: ActiveFaceModel | None
    document_count: int
    recent_conversation_count: int


class UserStatistics(Payload):
    """A row of user_statistics_view. Sums and the average are 0 where there is nothing to count."""

    user_id: UUID
    total_conversations: int
    total_conversation_seconds: int
    avg_conversation_seconds: Decimal
    total_turns: int
    total_cost: Decimal
    total_documents: int
    processed_documents: int
    total_voice_models: int
    total_face_models: int
    last_activity_at: datetime


class GetUserQuery(Query[GetUser, User], type="user.get"): ...


class GetUserProfileQuery(Query[GetUserProfile, UserProfile], type="user.get_profile"): ...


class GetUserStatisticsQuery(Query[GetUserStatistics, UserStatistics], type="user.get_statistics"): ...
