"""Handlers of commands on voice models."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.commands import BaseCommandHandler
from clone_cqrs.dispatch.policies import has_role, owner_of
from clone_cqrs.domain.refusals import not_found, refused_creation
from clone_cqrs.domain.users.existence import lock_user
from clone_cqrs.domain.voice_models.commands import (
    ActivateVoiceModelCommand,
    CompleteVoiceModelTrainingCommand,
    CreateVoiceModelCommand,
    FailVoiceModelTrainingCommand,
    VoiceModelData,
)
from clone_cqrs.domain.voice_models.events import (
    VoiceModelActivated,
    VoiceModelActivatedPayload,
    VoiceModelCreated,
    VoiceModelCreatedPayload,
    VoiceModelTrained,
    VoiceModelTrainedPayload,
    VoiceModelTrainingFailed,
    VoiceModelTrainingFailedPayload,
)
from clone_cqrs.errors import DomainRuleError
from clone_cqrs.messages import CommandResult, uuid7
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

_PACKAGE = "clone_cqrs.domain.voice_models"
_INSERT_VOICE_MODEL = statement(_PACKAGE, "insert_voice_model")
_FIND_VOICE_MODEL = statement(_PACKAGE, "find_voice_model")
_COMPLETE_TRAINING = statement(_PACKAGE, "complete_training")
_FAIL_TRAINING = statement(_PACKAGE, "fail_training")
_GIVE_WAY = statement(_PACKAGE, "give_way")
_ACTIVATE_VOICE_MODEL = statement(_PACKAGE, "activate_voice_model")


class CreateVoiceModelCommandHandler(BaseCommandHandler[CreateVoiceModelCommand, VoiceModelData]):
    policy = owner_of("user_id")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: CreateVoiceModelCommand) -> CommandResult[VoiceModelData]:
        model = command.payload
        model_id = model.voice_model_id or uuid7()
        inserted = await self._database.fetch_value(
            _INSERT_VOICE_MODEL, model_id, model.user_id, model.provider, model.audio_samples, command.timestamp
        )
        if inserted is None:
            return self.error(await refused_creation(self._database, _FIND_VOICE_MODEL, model_id, model.user_id, "voice model"))
        event = VoiceModelCreatedPayload(
            user_id=model.user_id,
            voice_model_id=model_id,
            provider=model.provider,
            audio_samples=model.audio_samples,
        )
        return self.success(VoiceModelData(voice_model_id=model_id), [VoiceModelCreated(aggregate_id=model_id, payload=event)])


class CompleteVoiceModelTrainingCommandHandler(BaseCommandHandler[CompleteVoiceModelTrainingCommand, VoiceModelData]):
    policy = has_role("system")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: CompleteVoiceModelTrainingCommand) -> CommandResult[VoiceModelData]:
        trained = command.payload
        model_id = trained.voice_model_id
        await lock_user(self._database, trained.user_id)
        row = await self._database.fetch_one(
            _COMPLETE_TRAINING,
            trained.user_id,
            model_id,
            trained.model_path,
            trained.quality_score,
            trained.sample_rate,
            trained.training_duration_ms,
            command.timestamp,
        )
        if row is None:
            await _require_voice_model(self._database, trained.user_id, model_id)
            return self.error(DomainRuleError("the voice model is not in training"))
        event = VoiceModelTrainedPayload(
            voice_model_id=model_id,
            user_id=trained.user_id,
            provider=row["provider"],
            model_path=trained.model_path,
            quality_score=trained.quality_score,
            sample_rate=trained.sample_rate,
            training_duration_ms=trained.training_duration_ms,
            is_active=row["is_active"],
        )
        return self.success(VoiceModelData(voice_model_id=model_id), [VoiceModelTrained(aggregate_id=model_id, payload=event)])


class FailVoiceModelTrainingCommandHandler(BaseCommandHandler[FailVoiceModelTrainingCommand, VoiceModelData]):
    policy = has_role("system")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: FailVoiceModelTrainingCommand) -> CommandResult[VoiceModelData]:
        failure = command.payload
        model_id = failure.voice_model_id
        failed = await self._database.fetch_value(
            _FAIL_TRAINING, failure.user_id, model_id, failure.error_message, failure.error_code, command.timestamp
        )
        if failed is None:
            await _require_voice_model(self._database, failure.user_id, model_id)
            return self.error(DomainRuleError("the voice model is not in training"))
        event = VoiceModelTrainingFailedPayload(
            voice_model_id=model_id,
            user_id=failure.user_id,
            error_message=failure.error_message,
            error_code=failure.error_code,
        )
        return self.success(
            VoiceModelData(voice_model_id=model_id), [VoiceModelTrainingFailed(aggregate_id=model_id, payload=event)]
        )


class ActivateVoiceModelCommandHandler(BaseCommandHandler[ActivateVoiceModelCommand, VoiceModelData]):
    """Activating the active one succeeds, and nothing happens."""

    policy = owner_of("user_id")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: ActivateVoiceModelCommand) -> CommandResult[VoiceModelData]:
        user_id, model_id = command.payload.user_id, command.payload.voice_model_id
        data = VoiceModelData(voice_model_id=model_id)
        await lock_user(self._database, user_id)
        await self._database.execute(_GIVE_WAY, user_id, model_id, command.timestamp)
        if await self._database.fetch_value(_ACTIVATE_VOICE_MODEL, user_id, model_id, command.timestamp) is None:
            if await _require_voice_model(self._database, user_id, model_id):
                return self.success(data)
            return self.error(DomainRuleError("the voice model is not completed"))
        event = VoiceModelActivatedPayload(user_id=user_id, voice_model_id=model_id)
        return self.success(data, [VoiceModelActivated(aggregate_id=model_id, payload=event)])


async def _require_voice_model(database: Database, user_id: UUID, model_id: UUID) -> bool:
    """Whether the user's model is active. Raises: NotFoundError without such a live model of this user."""
    row = await database.fetch_one(_FIND_VOICE_MODEL, model_id)
    if row is None or row["user_id"] != user_id or row["is_deleted"]:
        raise not_found("voice model")
    is_active: bool = row["is_active"]
    return is_active
