"""Voice and face models obey the same rules: one description of each, so that each test runs for both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from tests.domain.clone import BUILT, FACE_MODEL, TRAINED, VOICE_MODEL, Clone, Fields

from clone_cqrs import domain
from clone_cqrs.messages import Command, Query


@dataclass(frozen=True)
class Kind:
    """Everything in which the two differ, but for what their processing yields."""

    name: str
    table: str
    id: str
    create: type[Command[Any, Any]]
    complete: type[Command[Any, Any]]
    fail: type[Command[Any, Any]]
    activate: type[Command[Any, Any]]
    get: type[Query[Any, Any]]
    list: type[Query[Any, Any]]
    new: Fields
    completed: Fields
    events: dict[str, str]
    given: Callable[..., Any]
    given_unfinished: Callable[..., Any]

    def naming(self, user_id: UUID, model_id: UUID, **fields: Any) -> dict[str, Any]:
        return {"user_id": user_id, self.id: model_id, **fields}


VOICE = Kind(
    name="voice_model",
    table="voice_models",
    id="voice_model_id",
    create=domain.CreateVoiceModelCommand,
    complete=domain.CompleteVoiceModelTrainingCommand,
    fail=domain.FailVoiceModelTrainingCommand,
    activate=domain.ActivateVoiceModelCommand,
    get=domain.GetVoiceModelQuery,
    list=domain.ListVoiceModelsQuery,
    new=VOICE_MODEL,
    completed=TRAINED,
    events={"create": "created", "complete": "trained", "fail": "training_failed", "activate": "activated"},
    given=Clone.voice_model,
    given_unfinished=Clone.voice_model_in_training,
)
FACE = Kind(
    name="face_model",
    table="face_models",
    id="face_model_id",
    create=domain.CreateFaceModelCommand,
    complete=domain.CompleteFaceModelCreationCommand,
    fail=domain.FailFaceModelCreationCommand,
    activate=domain.ActivateFaceModelCommand,
    get=domain.GetFaceModelQuery,
    list=domain.ListFaceModelsQuery,
    new=FACE_MODEL,
    completed=BUILT,
    events={"create": "requested", "complete": "created", "fail": "creation_failed", "activate": "activated"},
    given=Clone.face_model,
    given_unfinished=Clone.face_model_in_processing,
)

both_kinds = pytest.mark.parametrize("kind", [VOICE, FACE], ids=lambda kind: kind.name)
