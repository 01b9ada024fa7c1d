"""Commands on knowledge documents."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from clone_cqrs.domain.fields import Count, Milliseconds, Size, Text, Texts, absent_means
from clone_cqrs.messages import Command, Payload, Personal


class UploadDocument(Payload):
    """document_id: the new document's id; a UUIDv7 is made without one."""

    user_id: UUID
    document_id: UUID | None = None
    filename: Personal[Text]
    content_type: Text
    storage_path: Text
    size_bytes: Size
    title: Personal[Text] | None = None
    tags: Annotated[Texts, absent_means(())] = ()


class CompleteDocumentProcessing(Payload):
    """vector_ids: where the chunks lie in the vector store."""

    user_id: UUID
    document_id: UUID
    chunk_count: Count
    vector_ids: Texts
    processing_duration_ms: Milliseconds


class FailDocumentProcessing(Payload):
    user_id: UUID
    document_id: UUID
    error_message: Text
    error_code: Text


class DeleteDocument(Payload):
    user_id: UUID
    document_id: UUID


class DocumentData(Payload):
    """What every command on a document gives back."""

    document_id: UUID


class UploadDocumentCommand(Command[UploadDocument, DocumentData], type="document.upload"): ...


class CompleteDocumentProcessingCommand(
    Command[CompleteDocumentProcessing, DocumentData], type="document.complete_processing"
): ...


class FailDocumentProcessingCommand(Command[FailDocumentProcessing, DocumentData], type="document.fail_processing"): ...


class DeleteDocumentCommand(Command[DeleteDocument, DocumentData], type="document.delete"): ...
