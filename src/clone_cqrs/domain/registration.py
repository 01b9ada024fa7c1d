"""All of the clone's handlers, on two buses."""

from __future__ import annotations

from clone_cqrs.commands import CommandBus
from clone_cqrs.domain.users.passwords import PasswordCost, PasswordHashing
from clone_cqrs.domain.users.registration import register_user_handlers
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus


def register_handlers(
    commands: CommandBus, queries: QueryBus, database: Database, *, password_cost: PasswordCost | None = None
) -> None:
    """Register every handler of the clone; `database` is the buses' own."""
    register_user_handlers(commands, queries, database, PasswordHashing(password_cost))
