"""What DOMAIN names is there, under its names."""

from clone_cqrs import domain
from clone_cqrs.commands import CommandBus
from clone_cqrs.domain import EVENTS
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus

COMMANDS = """
    user.create user.update user.delete
    voice_model.create voice_model.complete_training voice_model.fail_training voice_model.activate
    face_model.create face_model.complete_creation face_model.fail_creation face_model.activate
    document.upload document.complete_processing document.fail_processing document.delete
    conversation.start conversation.record_turn conversation.end
"""
QUERIES = """
    user.get user.get_profile user.get_statistics voice_model.list voice_model.get face_model.list face_model.get
    document.list document.get conversation.get_session conversation.list_sessions conversation.get_history
"""
EVENT_TYPES = {
    "user": "user.created user.updated user.deleted",
    "voice_model": "voice_model.created voice_model.trained voice_model.training_failed voice_model.activated",
    "face_model": "face_model.requested face_model.created face_model.creation_failed face_model.activated",
    "knowledge_document": "document.uploaded document.processed document.processing_failed document.deleted",
    "conversation_session": "conversation.started conversation.turn_completed conversation.ended",
}
CLASSES = """
    CreateUserCommand UpdateUserCommand DeleteUserCommand CreateVoiceModelCommand CompleteVoiceModelTrainingCommand
    FailVoiceModelTrainingCommand ActivateVoiceModelCommand CreateFaceModelCommand CompleteFaceModelCreationCommand
    FailFaceModelCreationCommand ActivateFaceModelCommand UploadDocumentCommand CompleteDocumentProcessingCommand
    FailDocumentProcessingCommand DeleteDocumentCommand StartConversationCommand RecordConversationTurnCommand
    EndConversationCommand GetUserQuery GetUserProfileQuery GetUserStatisticsQuery ListVoiceModelsQuery
    GetVoiceModelQuery ListFaceModelsQuery GetFaceModelQuery ListDocumentsQuery GetDocumentQuery
    GetConversationSessionQuery ListConversationSessionsQuery GetConversationHistoryQuery
"""


def test_every_class_and_its_handler_can_be_imported() -> None:
    for name in CLASSES.split():
        for exported in (name, f"{name}Handler"):
            assert exported in domain.__all__
            assert getattr(domain, exported).__name__ == exported
    assert len(set(domain.__all__)) == len(domain.__all__)
    for event in EVENTS:
        assert event.__name__ in domain.__all__


def test_every_type_has_its_handler() -> None:
    database = Database("postgres://nowhere")
    commands, queries = CommandBus(database=database), QueryBus(database)
    domain.register_handlers(commands, queries, database)
    assert {each.type_name for each in commands.registrations} == set(COMMANDS.split())
    assert {each.type_name for each in queries.registrations} == set(QUERIES.split())


def test_every_event_belongs_to_its_aggregate() -> None:
    by_aggregate: dict[str, set[str]] = {}
    for event in EVENTS:
        by_aggregate.setdefault(event.aggregate_name or "", set()).add(event.type_name or "")
    assert by_aggregate == {aggregate: set(types.split()) for aggregate, types in EVENT_TYPES.items()}
