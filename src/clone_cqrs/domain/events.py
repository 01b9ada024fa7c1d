"""Every event of the clone, by aggregate."""

from __future__ import annotations

from typing import Any, Final

from clone_cqrs.domain.conversations.events import ConversationEnded, ConversationStarted, ConversationTurnCompleted
from clone_cqrs.domain.documents.events import (
    DocumentDeleted,
    DocumentProcessed,
    DocumentProcessingFailed,
    DocumentUploaded,
)
from clone_cqrs.domain.face_models.events import (
    FaceModelActivated,
    FaceModelCreated,
    FaceModelCreationFailed,
    FaceModelRequested,
)
from clone_cqrs.domain.users.events import UserCreated, UserDeleted, UserUpdated
from clone_cqrs.domain.voice_models.events import (
    VoiceModelActivated,
    VoiceModelCreated,
    VoiceModelTrained,
    VoiceModelTrainingFailed,
)
from clone_cqrs.messages import DomainEvent

EVENTS: Final[tuple[type[DomainEvent[Any]], ...]] = (
    UserCreated,
    UserUpdated,
    UserDeleted,
    VoiceModelCreated,
    VoiceModelTrained,
    VoiceModelTrainingFailed,
    VoiceModelActivated,
    FaceModelRequested,
    FaceModelCreated,
    FaceModelCreationFailed,
    FaceModelActivated,
    DocumentUploaded,
    DocumentProcessed,
    DocumentProcessingFailed,
    DocumentDeleted,
    ConversationStarted,
    ConversationTurnCompleted,
    ConversationEnded,
)
