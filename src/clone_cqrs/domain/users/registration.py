"""The handlers of users, on two buses."""

from __future__ import annotations

from clone_cqrs.commands import CommandBus
from clone_cqrs.domain.users.command_handlers import (
    CreateUserCommandHandler,
    DeleteUserCommandHandler,
    UpdateUserCommandHandler,
)
from clone_cqrs.domain.users.commands import CreateUserCommand, DeleteUserCommand, UpdateUserCommand
from clone_cqrs.domain.users.passwords import PasswordHashing
from clone_cqrs.domain.users.queries import GetUserProfileQuery, GetUserQuery, GetUserStatisticsQuery
from clone_cqrs.domain.users.query_handlers import (
    GetUserProfileQueryHandler,
    GetUserQueryHandler,
    GetUserStatisticsQueryHandler,
)
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus


def register_user_handlers(commands: CommandBus, queries: QueryBus, database: Database, passwords: PasswordHashing) -> None:
    commands.register(CreateUserCommand, CreateUserCommandHandler(database, passwords))
    commands.register(UpdateUserCommand, UpdateUserCommandHandler(database))
    commands.register(DeleteUserCommand, DeleteUserCommandHandler(database))
    queries.register(GetUserQuery, GetUserQueryHandler(database))
    queries.register(GetUserProfileQuery, GetUserProfileQueryHandler(database))
    queries.register(GetUserStatisticsQuery, GetUserStatisticsQueryHandler(database))
