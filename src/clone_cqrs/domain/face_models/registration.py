"""The handlers of face models, on two buses."""

from __future__ import annotations

from clone_cqrs.commands import CommandBus
from clone_cqrs.domain.face_models.command_handlers import (
    ActivateFaceModelCommandHandler,
    CompleteFaceModelCreationCommandHandler,
    CreateFaceModelCommandHandler,
    FailFaceModelCreationCommandHandler,
)
from clone_cqrs.domain.face_models.commands import (
    ActivateFaceModelCommand,
    CompleteFaceModelCreationCommand,
    CreateFaceModelCommand,
    FailFaceModelCreationCommand,
)
from clone_cqrs.domain.face_models.queries import GetFaceModelQuery, ListFaceModelsQuery
from clone_cqrs.domain.face_models.query_handlers import GetFaceModelQueryHandler, ListFaceModelsQueryHandler
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus


def register_face_model_handlers(commands: CommandBus, queries: QueryBus, database: Database) -> None:
    commands.register(CreateFaceModelCommand, CreateFaceModelCommandHandler(database))
    commands.register(CompleteFaceModelCreationCommand, CompleteFaceModelCreationCommandHandler(database))
    commands.register(FailFaceModelCreationCommand, FailFaceModelCreationCommandHandler(database))
    commands.register(ActivateFaceModelCommand, ActivateFaceModelCommandHandler(database))
    queries.register(ListFaceModelsQuery, ListFaceModelsQueryHandler(database))
    queries.register(GetFaceModelQuery, GetFaceModelQueryHandler(database))
