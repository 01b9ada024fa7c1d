"""Handlers of commands on face models."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.commands import BaseCommandHandler
from clone_cqrs.dispatch.policies import has_role, owner_of
from clone_cqrs.domain.face_models.commands import (
    ActivateFaceModelCommand,
    CompleteFaceModelCreationCommand,
    CreateFaceModelCommand,
    FaceModelData,
    FailFaceModelCreationCommand,
)
from clone_cqrs.domain.face_models.events import (
    FaceModelActivated,
    FaceModelActivatedPayload,
    FaceModelCreated,
    FaceModelCreatedPayload,
    FaceModelCreationFailed,
    FaceModelCreationFailedPayload,
    FaceModelRequested,
    FaceModelRequestedPayload,
)
from clone_cqrs.domain.refusals import not_found, refused_creation
from clone_cqrs.domain.users.existence import lock_user
from clone_cqrs.errors import DomainRuleError
from clone_cqrs.messages import CommandResult, uuid7
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

_PACKAGE = "clone_cqrs.domain.face_models"
_INSERT_FACE_MODEL = statement(_PACKAGE, "insert_face_model")
_FIND_FACE_MODEL = statement(_PACKAGE, "find_face_model")
_COMPLETE_CREATION = statement(_PACKAGE, "complete_creation")
_FAIL_CREATION = statement(_PACKAGE, "fail_creation")
_GIVE_WAY = statement(_PACKAGE, "give_way")
_ACTIVATE_FACE_MODEL = statement(_PACKAGE, "activate_face_model")


class CreateFaceModelCommandHandler(BaseCommandHandler[CreateFaceModelCommand, FaceModelData]):
    policy = owner_of("user_id")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: CreateFaceModelCommand) -> CommandResult[FaceModelData]:
        model = command.payload
        model_id = model.face_model_id or uuid7()
        inserted = await self._database.fetch_value(
            _INSERT_FACE_MODEL, model_id, model.user_id, model.media_type, model.media_paths, command.timestamp
        )
        if inserted is None:
            return self.error(await refused_creation(self._database, _FIND_FACE_MODEL, model_id, model.user_id, "face model"))
        event = FaceModelRequestedPayload(
            user_id=model.user_id,
            face_model_id=model_id,
            media_type=model.media_type,
            media_paths=model.media_paths,
        )
        return self.success(FaceModelData(face_model_id=model_id), [FaceModelRequested(aggregate_id=model_id, payload=event)])


class CompleteFaceModelCreationCommandHandler(BaseCommandHandler[CompleteFaceModelCreationCommand, FaceModelData]):
    policy = has_role("system")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: CompleteFaceModelCreationCommand) -> CommandResult[FaceModelData]:
        created = command.payload
        model_id = created.face_model_id
        await lock_user(self._database, created.user_id)
        is_active = await self._database.fetch_value(
            _COMPLETE_CREATION,
            created.user_id,
            model_id,
            created.model_path,
            created.quality_score,
            created.resolution.width,
            created.resolution.height,
            created.keypoint_count,
            created.processing_duration_ms,
            command.timestamp,
        )
        if is_active is None:
            await _require_face_model(self._database, created.user_id, model_id)
            return self.error(DomainRuleError("the face model is not being processed"))
        event = FaceModelCreatedPayload(
            face_model_id=model_id,
            user_id=created.user_id,
            model_path=created.model_path,
            quality_score=created.quality_score,
            resolution=created.resolution,
            keypoint_count=created.keypoint_count,
            processing_duration_ms=created.processing_duration_ms,
            is_active=is_active,
        )
        return self.success(FaceModelData(face_model_id=model_id), [FaceModelCreated(aggregate_id=model_id, payload=event)])


class FailFaceModelCreationCommandHandler(BaseCommandHandler[FailFaceModelCreationCommand, FaceModelData]):
    policy = has_role("system")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: FailFaceModelCreationCommand) -> CommandResult[FaceModelData]:
        failure = command.payload
        model_id = failure.face_model_id
        failed = await self._database.fetch_value(
            _FAIL_CREATION, failure.user_id, model_id, failure.error_message, failure.error_code, command.timestamp
        )
        if failed is None:
            await _require_face_model(self._database, failure.user_id, model_id)
            return self.error(DomainRuleError("the face model is not being processed"))
        event = FaceModelCreationFailedPayload(
            face_model_id=model_id,
            user_id=failure.user_id,
            error_message=failure.error_message,
            error_code=failure.error_code,
        )
        return self.success(
            FaceModelData(face_model_id=model_id), [FaceModelCreationFailed(aggregate_id=model_id, payload=event)]
        )


class ActivateFaceModelCommandHandler(BaseCommandHandler[ActivateFaceModelCommand, FaceModelData]):
    """Activating the active one succeeds, and nothing happens."""

    policy = owner_of("user_id")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: ActivateFaceModelCommand) -> CommandResult[FaceModelData]:
        user_id, model_id = command.payload.user_id, command.payload.face_model_id
        data = FaceModelData(face_model_id=model_id)
        await lock_user(self._database, user_id)
        await self._database.execute(_GIVE_WAY, user_id, model_id, command.timestamp)
        if await self._database.fetch_value(_ACTIVATE_FACE_MODEL, user_id, model_id, command.timestamp) is None:
            if await _require_face_model(self._database, user_id, model_id):
                return self.success(data)
            return self.error(DomainRuleError("the face model is not completed"))
        event = FaceModelActivatedPayload(user_id=user_id, face_model_id=model_id)
        return self.success(data, [FaceModelActivated(aggregate_id=model_id, payload=event)])


async def _require_face_model(database: Database, user_id: UUID, model_id: UUID) -> bool:
    """Whether the user's model is active. Raises: NotFoundError without such a live model of this user."""
    row = await database.fetch_one(_FIND_FACE_MODEL, model_id)
    if row is None or row["user_id"] != user_id or row["is_deleted"]:
        raise not_found("face model")
    is_active: bool = row["is_active"]
    return is_active
