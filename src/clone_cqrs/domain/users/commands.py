"""Commands on users."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import model_validator

from clone_cqrs.domain.fields import Email, Password, SubscriptionTier, Text, Texts
from clone_cqrs.messages import Command, Payload, Personal


class CreateUser(Payload):
    """user_id: the new user's id; a UUIDv7 is made without one."""

    user_id: UUID | None = None
    email: Personal[Email]
    name: Personal[Text]
    password: Password
    subscription_tier: SubscriptionTier


class UpdateUser(Payload):
    """What is absent, or null, stays as it is; an empty list of traits clears them."""

    user_id: UUID
    name: Personal[Text] | None = None
    personality_traits: Personal[Texts] | None = None
    speaking_style: Personal[Text] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.name is None and self.personality_traits is None and self.speaking_style is None:
            raise ValueError("should have at least one of name, personalityTraits and speakingStyle")
        return self


class DeleteUser(Payload):
    user_id: UUID


class UserData(Payload):
    """What every command on a user gives back."""

    user_id: UUID


class CreateUserCommand(Command[CreateUser, UserData], type="user.create"): ...


class UpdateUserCommand(Command[UpdateUser, UserData], type="user.update"): ...


class DeleteUserCommand(Command[DeleteUser, UserData], type="user.delete"): ...
