"""Handlers of commands on users."""

from __future__ import annotations

from clone_cqrs.commands import BaseCommandHandler
from clone_cqrs.dispatch.policies import has_role, owner_of
from clone_cqrs.domain.users.commands import (
    CreateUserCommand,
    DeleteUserCommand,
    UpdateUserCommand,
    UserData,
)
from clone_cqrs.domain.users.events import (
    UserCreated,
    UserCreatedPayload,
    UserDeleted,
    UserDeletedPayload,
    UserUpdated,
    UserUpdatedPayload,
)
from clone_cqrs.domain.users.existence import find_user_lifetime, no_such_user
from clone_cqrs.domain.users.passwords import PasswordHashing
from clone_cqrs.errors import ConflictError
from clone_cqrs.messages import CommandResult, uuid7
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

_PACKAGE = "clone_cqrs.domain.users"
_INSERT_USER = statement(_PACKAGE, "insert_user")
_UPDATE_USER = statement(_PACKAGE, "update_user")
_DELETE_USER = statement(_PACKAGE, "delete_user")
_LOCK_OPEN_SESSIONS = statement(_PACKAGE, "lock_open_sessions")
_END_OPEN_SESSIONS = statement(_PACKAGE, "end_open_sessions")
_DELETE_WHAT_USERS_OWN = statement(_PACKAGE, "delete_what_users_own")


class CreateUserCommandHandler(BaseCommandHandler[CreateUserCommand, UserData]):
    policy = has_role("system")

    def __init__(self, database: Database, passwords: PasswordHashing | None = None) -> None:
        self._database = database
        self._passwords = passwords or PasswordHashing()

    async def prepare(self, command: CreateUserCommand) -> str:
        return await self._passwords.hash(command.payload.password)

    async def handle(self, command: CreateUserCommand) -> CommandResult[UserData]:
        user = command.payload
        user_id = user.user_id or uuid7()
        inserted = await self._database.fetch_value(
            _INSERT_USER, user_id, user.email, user.name, self.prepared, user.subscription_tier, command.timestamp
        )
        if inserted is None:
            match await find_user_lifetime(self._database, user_id):
                case None:
                    return self.error(ConflictError("this email is taken", constraint="users_live_email_key"))
                case False:
                    return self.error(ConflictError("this user id is taken", constraint="users_id_key"))
                case True:
                    return self.error(no_such_user())
        event = UserCreatedPayload(user_id=user_id, email=user.email, name=user.name, subscription_tier=user.subscription_tier)
        return self.success(UserData(user_id=user_id), [UserCreated(aggregate_id=user_id, payload=event)])


class UpdateUserCommandHandler(BaseCommandHandler[UpdateUserCommand, UserData]):
    policy = owner_of("user_id") | has_role("admin")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: UpdateUserCommand) -> CommandResult[UserData]:
        change = command.payload
        updated = await self._database.fetch_value(
            _UPDATE_USER, change.user_id, change.name, change.personality_traits, change.speaking_style, command.timestamp
        )
        if updated is None:
            return self.error(no_such_user())
        event = UserUpdatedPayload(
            user_id=change.user_id,
            name=change.name,
            personality_traits=change.personality_traits,
            speaking_style=change.speaking_style,
        )
        return self.success(UserData(user_id=change.user_id), [UserUpdated(aggregate_id=change.user_id, payload=event)])


class DeleteUserCommandHandler(BaseCommandHandler[DeleteUserCommand, UserData]):
    """Everything that a user owns goes with them, under one event."""

    policy = owner_of("user_id") | has_role("admin")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: DeleteUserCommand) -> CommandResult[UserData]:
        user_id, deleted_at = command.payload.user_id, command.timestamp
        # The user first: whoever adds something for the user holds a lock on that row, so that once this has it, the
        # statements after it see everything there is.
        if await self._database.fetch_value(_DELETE_USER, user_id, deleted_at) is None:
            return self.error(no_such_user())
        await self._database.execute(_LOCK_OPEN_SESSIONS, user_id)
        await self._database.execute(_END_OPEN_SESSIONS, user_id, deleted_at)
        await self._database.execute(_DELETE_WHAT_USERS_OWN, user_id, deleted_at)
        event = UserDeletedPayload(user_id=user_id)
        return self.success(UserData(user_id=user_id), [UserDeleted(aggregate_id=user_id, payload=event)])
