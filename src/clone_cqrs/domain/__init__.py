"""The conversational clone: the toolkit's first domain and its worked example. Nothing in the toolkit knows it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from clone_cqrs.domain.registration import register_handlers
from clone_cqrs.domain.users.commands import CreateUserCommand, DeleteUserCommand, UpdateUserCommand
from clone_cqrs.domain.users.events import UserCreated, UserDeleted, UserUpdated
from clone_cqrs.domain.users.queries import GetUserProfileQuery, GetUserQuery, GetUserStatisticsQuery
from clone_cqrs.postgres import Migrations

MIGRATIONS: Final = Migrations(Path(__file__).parent / "migrations", schema="public", version_table="clone_schema_version")

__all__ = [
    "MIGRATIONS",
    "CreateUserCommand",
    "DeleteUserCommand",
    "GetUserProfileQuery",
    "GetUserQuery",
    "GetUserStatisticsQuery",
    "UpdateUserCommand",
    "UserCreated",
    "UserDeleted",
    "UserUpdated",
    "register_handlers",
]
