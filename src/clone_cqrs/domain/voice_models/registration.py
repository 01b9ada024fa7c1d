"""The handlers of voice models, on two buses."""

from __future__ import annotations

from clone_cqrs.commands import CommandBus
from clone_cqrs.domain.voice_models.command_handlers import (
    ActivateVoiceModelCommandHandler,
    CompleteVoiceModelTrainingCommandHandler,
    CreateVoiceModelCommandHandler,
    FailVoiceModelTrainingCommandHandler,
)
from clone_cqrs.domain.voice_models.commands import (
    ActivateVoiceModelCommand,
    CompleteVoiceModelTrainingCommand,
    CreateVoiceModelCommand,
    FailVoiceModelTrainingCommand,
)
from clone_cqrs.domain.voice_models.queries import GetVoiceModelQuery, ListVoiceModelsQuery
from clone_cqrs.domain.voice_models.query_handlers import GetVoiceModelQueryHandler, ListVoiceModelsQueryHandler
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus


def register_voice_model_handlers(commands: CommandBus, queries: QueryBus, database: Database) -> None:
    commands.register(CreateVoiceModelCommand, CreateVoiceModelCommandHandler(database))
    commands.register(CompleteVoiceModelTrainingCommand, CompleteVoiceModelTrainingCommandHandler(database))
    commands.register(FailVoiceModelTrainingCommand, FailVoiceModelTrainingCommandHandler(database))
    commands.register(ActivateVoiceModelCommand, ActivateVoiceModelCommandHandler(database))
    queries.register(ListVoiceModelsQuery, ListVoiceModelsQueryHandler(database))
    queries.register(GetVoiceModelQuery, GetVoiceModelQueryHandler(database))
