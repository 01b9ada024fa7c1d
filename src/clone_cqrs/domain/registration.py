"""All of the clone's handlers, on two buses."""

from __future__ import annotations

from clone_cqrs.commands import CommandBus
from clone_cqrs.domain.conversations.registration import register_conversation_handlers
from clone_cqrs.domain.documents.registration import register_document_handlers
from clone_cqrs.domain.face_models.registration import register_face_model_handlers
from clone_cqrs.domain.users.passwords import PasswordCost, PasswordHashing
from clone_cqrs.domain.users.registration import register_user_handlers
from clone_cqrs.domain.voice_models.registration import register_voice_model_handlers
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus


def register_handlers(
    commands: CommandBus, queries: QueryBus, database: Database, *, password_cost: PasswordCost | None = None
) -> None:
    """Register every handler of the clone; `database` is the buses' own. password_cost: what hashing a password costs."""
    register_user_handlers(commands, queries, database, PasswordHashing(password_cost))
    register_voice_model_handlers(commands, queries, database)
    register_face_model_handlers(commands, queries, database)
    register_document_handlers(commands, queries, database)
    register_conversation_handlers(commands, queries, database)
