"""Events of users."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.domain.fields import Email, SubscriptionTier, Text, Texts
from clone_cqrs.messages import DomainEvent, Payload, Personal


class UserCreatedPayload(Payload):
    user_id: UUID
    email: Personal[Email]
    name: Personal[Text]
    subscription_tier: SubscriptionTier


class UserUpdatedPayload(Payload):
    """What changed; null where it did not."""

    user_id: UUID
    name: Personal[Text] | None = None
    personality_traits: Personal[Texts] | None = None
    speaking_style: Personal[Text] | None = None


class UserDeletedPayload(Payload):
    user_id: UUID


class UserCreated(DomainEvent[UserCreatedPayload], type="user.created", aggregate="user", tables=("users",)): ...


class UserUpdated(DomainEvent[UserUpdatedPayload], type="user.updated", aggregate="user", tables=("users",)): ...


class UserDeleted(
    DomainEvent[UserDeletedPayload],
    type="user.deleted",
    aggregate="user",
    tables=("users", "voice_models", "face_models", "knowledge_documents", "conversation_sessions"),
): ...
