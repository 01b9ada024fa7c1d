"""The conversational clone: the toolkit's first domain and its worked example. Nothing in the toolkit knows it."""

from __future__ import annotations

from clone_cqrs.domain.conversations.commands import (
    EndConversationCommand,
    RecordConversationTurnCommand,
    StartConversationCommand,
)
from clone_cqrs.domain.conversations.end_conversation import EndConversationCommandHandler
from clone_cqrs.domain.conversations.events import ConversationEnded, ConversationStarted, ConversationTurnCompleted
from clone_cqrs.domain.conversations.queries import (
    GetConversationHistoryQuery,
    GetConversationSessionQuery,
    ListConversationSessionsQuery,
)
from clone_cqrs.domain.conversations.query_handlers import (
    GetConversationHistoryQueryHandler,
    GetConversationSessionQueryHandler,
    ListConversationSessionsQueryHandler,
)
from clone_cqrs.domain.conversations.record_turn import RecordConversationTurnCommandHandler
from clone_cqrs.domain.conversations.start_conversation import StartConversationCommandHandler
from clone_cqrs.domain.documents.command_handlers import (
    CompleteDocumentProcessingCommandHandler,
    DeleteDocumentCommandHandler,
    FailDocumentProcessingCommandHandler,
    UploadDocumentCommandHandler,
)
from clone_cqrs.domain.documents.commands import (
    CompleteDocumentProcessingCommand,
    DeleteDocumentCommand,
    FailDocumentProcessingCommand,
    UploadDocumentCommand,
)
from clone_cqrs.domain.documents.events import DocumentDeleted, DocumentProcessed, DocumentProcessingFailed, DocumentUploaded
from clone_cqrs.domain.documents.queries import GetDocumentQuery, ListDocumentsQuery
from clone_cqrs.domain.documents.query_handlers import GetDocumentQueryHandler, ListDocumentsQueryHandler
from clone_cqrs.domain.events import EVENTS
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
from clone_cqrs.domain.face_models.events import (
    FaceModelActivated,
    FaceModelCreated,
    FaceModelCreationFailed,
    FaceModelRequested,
)
from clone_cqrs.domain.face_models.queries import GetFaceModelQuery, ListFaceModelsQuery
from clone_cqrs.domain.face_models.query_handlers import GetFaceModelQueryHandler, ListFaceModelsQueryHandler
from clone_cqrs.domain.open import open_clone
from clone_cqrs.domain.registration import register_handlers
from clone_cqrs.domain.rules import DEFAULT_CONSISTENCY_RULES, FLOOR_CONSISTENCY_RULES
from clone_cqrs.domain.schema import MIGRATIONS
from clone_cqrs.domain.users.command_handlers import (
    CreateUserCommandHandler,
    DeleteUserCommandHandler,
    UpdateUserCommandHandler,
)
from clone_cqrs.domain.users.commands import CreateUserCommand, DeleteUserCommand, UpdateUserCommand
from clone_cqrs.domain.users.events import UserCreated, UserDeleted, UserUpdated
from clone_cqrs.domain.users.passwords import CHEAPEST, PasswordCost
from clone_cqrs.domain.users.queries import GetUserProfileQuery, GetUserQuery, GetUserStatisticsQuery
from clone_cqrs.domain.users.query_handlers import (
    GetUserProfileQueryHandler,
    GetUserQueryHandler,
    GetUserStatisticsQueryHandler,
)
from clone_cqrs.domain.views import VIEWS
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
from clone_cqrs.domain.voice_models.events import (
    VoiceModelActivated,
    VoiceModelCreated,
    VoiceModelTrained,
    VoiceModelTrainingFailed,
)
from clone_cqrs.domain.voice_models.queries import GetVoiceModelQuery, ListVoiceModelsQuery
from clone_cqrs.domain.voice_models.query_handlers import GetVoiceModelQueryHandler, ListVoiceModelsQueryHandler

__all__ = [
    "CHEAPEST",
    "DEFAULT_CONSISTENCY_RULES",
    "EVENTS",
    "FLOOR_CONSISTENCY_RULES",
    "MIGRATIONS",
    "VIEWS",
    "ActivateFaceModelCommand",
    "ActivateFaceModelCommandHandler",
    "ActivateVoiceModelCommand",
    "ActivateVoiceModelCommandHandler",
    "CompleteDocumentProcessingCommand",
    "CompleteDocumentProcessingCommandHandler",
    "CompleteFaceModelCreationCommand",
    "CompleteFaceModelCreationCommandHandler",
    "CompleteVoiceModelTrainingCommand",
    "CompleteVoiceModelTrainingCommandHandler",
    "ConversationEnded",
    "ConversationStarted",
    "ConversationTurnCompleted",
    "CreateFaceModelCommand",
    "CreateFaceModelCommandHandler",
    "CreateUserCommand",
    "CreateUserCommandHandler",
    "CreateVoiceModelCommand",
    "CreateVoiceModelCommandHandler",
    "DeleteDocumentCommand",
    "DeleteDocumentCommandHandler",
    "DeleteUserCommand",
    "DeleteUserCommandHandler",
    "DocumentDeleted",
    "DocumentProcessed",
    "DocumentProcessingFailed",
    "DocumentUploaded",
    "EndConversationCommand",
    "EndConversationCommandHandler",
    "FaceModelActivated",
    "FaceModelCreated",
    "FaceModelCreationFailed",
    "FaceModelRequested",
    "FailDocumentProcessingCommand",
    "FailDocumentProcessingCommandHandler",
    "FailFaceModelCreationCommand",
    "FailFaceModelCreationCommandHandler",
    "FailVoiceModelTrainingCommand",
    "FailVoiceModelTrainingCommandHandler",
    "GetConversationHistoryQuery",
    "GetConversationHistoryQueryHandler",
    "GetConversationSessionQuery",
    "GetConversationSessionQueryHandler",
    "GetDocumentQuery",
    "GetDocumentQueryHandler",
    "GetFaceModelQuery",
    "GetFaceModelQueryHandler",
    "GetUserProfileQuery",
    "GetUserProfileQueryHandler",
    "GetUserQuery",
    "GetUserQueryHandler",
    "GetUserStatisticsQuery",
    "GetUserStatisticsQueryHandler",
    "GetVoiceModelQuery",
    "GetVoiceModelQueryHandler",
    "ListConversationSessionsQuery",
    "ListConversationSessionsQueryHandler",
    "ListDocumentsQuery",
    "ListDocumentsQueryHandler",
    "ListFaceModelsQuery",
    "ListFaceModelsQueryHandler",
    "ListVoiceModelsQuery",
    "ListVoiceModelsQueryHandler",
    "PasswordCost",
    "RecordConversationTurnCommand",
    "RecordConversationTurnCommandHandler",
    "StartConversationCommand",
    "StartConversationCommandHandler",
    "UpdateUserCommand",
    "UpdateUserCommandHandler",
    "UploadDocumentCommand",
    "UploadDocumentCommandHandler",
    "UserCreated",
    "UserDeleted",
    "UserUpdated",
    "VoiceModelActivated",
    "VoiceModelCreated",
    "VoiceModelTrained",
    "VoiceModelTrainingFailed",
    "open_clone",
    "register_handlers",
]
