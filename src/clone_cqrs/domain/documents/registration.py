"""The handlers of knowledge documents, on two buses."""

from __future__ import annotations

from clone_cqrs.commands import CommandBus
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
from clone_cqrs.domain.documents.queries import GetDocumentQuery, ListDocumentsQuery
from clone_cqrs.domain.documents.query_handlers import GetDocumentQueryHandler, ListDocumentsQueryHandler
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus


def register_document_handlers(commands: CommandBus, queries: QueryBus, database: Database) -> None:
    commands.register(UploadDocumentCommand, UploadDocumentCommandHandler(database))
    commands.register(CompleteDocumentProcessingCommand, CompleteDocumentProcessingCommandHandler(database))
    commands.register(FailDocumentProcessingCommand, FailDocumentProcessingCommandHandler(database))
    commands.register(DeleteDocumentCommand, DeleteDocumentCommandHandler(database))
    queries.register(ListDocumentsQuery, ListDocumentsQueryHandler(database))
    queries.register(GetDocumentQuery, GetDocumentQueryHandler(database))
