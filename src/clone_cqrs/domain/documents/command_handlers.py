"""Handlers of commands on knowledge documents."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.commands import BaseCommandHandler
from clone_cqrs.dispatch.policies import has_role, owner_of
from clone_cqrs.domain.documents.commands import (
    CompleteDocumentProcessingCommand,
    DeleteDocumentCommand,
    DocumentData,
    FailDocumentProcessingCommand,
    UploadDocumentCommand,
)
from clone_cqrs.domain.documents.events import (
    DocumentDeleted,
    DocumentDeletedPayload,
    DocumentProcessed,
    DocumentProcessedPayload,
    DocumentProcessingFailed,
    DocumentProcessingFailedPayload,
    DocumentUploaded,
    DocumentUploadedPayload,
)
from clone_cqrs.domain.refusals import not_found, refused_creation
from clone_cqrs.errors import CqrsError, DomainRuleError
from clone_cqrs.messages import CommandResult, uuid7
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

_PACKAGE = "clone_cqrs.domain.documents"
_INSERT_DOCUMENT = statement(_PACKAGE, "insert_document")
_FIND_DOCUMENT = statement(_PACKAGE, "find_document")
_COMPLETE_PROCESSING = statement(_PACKAGE, "complete_processing")
_FAIL_PROCESSING = statement(_PACKAGE, "fail_processing")
_DELETE_DOCUMENT = statement(_PACKAGE, "delete_document")


class UploadDocumentCommandHandler(BaseCommandHandler[UploadDocumentCommand, DocumentData]):
    policy = owner_of("user_id")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: UploadDocumentCommand) -> CommandResult[DocumentData]:
        document = command.payload
        document_id = document.document_id or uuid7()
        inserted = await self._database.fetch_value(
            _INSERT_DOCUMENT,
            document_id,
            document.user_id,
            document.filename,
            document.content_type,
            document.storage_path,
            document.size_bytes,
            document.title,
            document.tags,
            command.timestamp,
        )
        if inserted is None:
            return self.error(await refused_creation(self._database, _FIND_DOCUMENT, document_id, document.user_id, "document"))
        event = DocumentUploadedPayload(
            user_id=document.user_id,
            document_id=document_id,
            filename=document.filename,
            content_type=document.content_type,
            storage_path=document.storage_path,
            size_bytes=document.size_bytes,
            title=document.title,
            tags=document.tags,
        )
        return self.success(DocumentData(document_id=document_id), [DocumentUploaded(aggregate_id=document_id, payload=event)])


class CompleteDocumentProcessingCommandHandler(BaseCommandHandler[CompleteDocumentProcessingCommand, DocumentData]):
    policy = has_role("system")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: CompleteDocumentProcessingCommand) -> CommandResult[DocumentData]:
        processed = command.payload
        document_id = processed.document_id
        row = await self._database.fetch_one(
            _COMPLETE_PROCESSING,
            processed.user_id,
            document_id,
            processed.chunk_count,
            processed.vector_ids,
            command.timestamp,
        )
        if row is None:
            return self.error(await _refused_report(self._database, processed.user_id, document_id))
        event = DocumentProcessedPayload(
            document_id=document_id,
            user_id=processed.user_id,
            filename=row["filename"],
            content_type=row["content_type"],
            chunk_count=processed.chunk_count,
            vector_ids=processed.vector_ids,
            processing_duration_ms=processed.processing_duration_ms,
        )
        return self.success(DocumentData(document_id=document_id), [DocumentProcessed(aggregate_id=document_id, payload=event)])


class FailDocumentProcessingCommandHandler(BaseCommandHandler[FailDocumentProcessingCommand, DocumentData]):
    policy = has_role("system")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: FailDocumentProcessingCommand) -> CommandResult[DocumentData]:
        failure = command.payload
        document_id = failure.document_id
        failed = await self._database.fetch_value(
            _FAIL_PROCESSING, failure.user_id, document_id, failure.error_message, failure.error_code, command.timestamp
        )
        if failed is None:
            return self.error(await _refused_report(self._database, failure.user_id, document_id))
        event = DocumentProcessingFailedPayload(
            document_id=document_id,
            user_id=failure.user_id,
            error_message=failure.error_message,
            error_code=failure.error_code,
        )
        return self.success(
            DocumentData(document_id=document_id), [DocumentProcessingFailed(aggregate_id=document_id, payload=event)]
        )


class DeleteDocumentCommandHandler(BaseCommandHandler[DeleteDocumentCommand, DocumentData]):
    policy = owner_of("user_id")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: DeleteDocumentCommand) -> CommandResult[DocumentData]:
        user_id, document_id = command.payload.user_id, command.payload.document_id
        if await self._database.fetch_value(_DELETE_DOCUMENT, user_id, document_id, command.timestamp) is None:
            return self.error(not_found("document"))
        event = DocumentDeletedPayload(user_id=user_id, document_id=document_id)
        return self.success(DocumentData(document_id=document_id), [DocumentDeleted(aggregate_id=document_id, payload=event)])


async def _refused_report(database: Database, user_id: UUID, document_id: UUID) -> CqrsError:
    """Why a document's processing could be neither completed nor failed."""
    row = await database.fetch_one(_FIND_DOCUMENT, document_id)
    if row is None or row["user_id"] != user_id or row["is_deleted"]:
        return not_found("document")
    return DomainRuleError("the document is not waiting to be processed")
