"""Events of knowledge documents."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.domain.fields import Count, Milliseconds, Size, Text, Texts
from clone_cqrs.messages import DomainEvent, Payload, Personal


class DocumentUploadedPayload(Payload):
    user_id: UUID
    document_id: UUID
    filename: Personal[Text]
    content_type: Text
    storage_path: Text
    size_bytes: Size
    title: Personal[Text] | None = None
    tags: Texts = ()


class DocumentProcessedPayload(Payload):
    """processing_duration_ms: as the processor reports it; the view's is processed_at - uploaded_at."""

    document_id: UUID
    user_id: UUID
    filename: Personal[Text]
    content_type: Text
    chunk_count: Count
    vector_ids: Texts
    processing_duration_ms: Milliseconds


class DocumentProcessingFailedPayload(Payload):
    document_id: UUID
    user_id: UUID
    error_message: Text
    error_code: Text


class DocumentDeletedPayload(Payload):
    user_id: UUID
    document_id: UUID


_AGGREGATE = "knowledge_document"
_TABLES = ("knowledge_documents",)


class DocumentUploaded(
    DomainEvent[DocumentUploadedPayload], type="document.uploaded", aggregate=_AGGREGATE, tables=_TABLES
): ...


class DocumentProcessed(
    DomainEvent[DocumentProcessedPayload], type="document.processed", aggregate=_AGGREGATE, tables=_TABLES
): ...


class DocumentProcessingFailed(
    DomainEvent[DocumentProcessingFailedPayload], type="document.processing_failed", aggregate=_AGGREGATE, tables=_TABLES
): ...


class DocumentDeleted(DomainEvent[DocumentDeletedPayload], type="document.deleted", aggregate=_AGGREGATE, tables=_TABLES): ...
