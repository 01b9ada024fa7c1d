"""Queries on knowledge documents, and the row that answers them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from clone_cqrs.domain.fields import DocumentStatus
from clone_cqrs.domain.paging import ListPayload
from clone_cqrs.messages import Page, Payload, Personal, Query


class ListDocuments(ListPayload):
    """status: of all where it is absent."""

    user_id: UUID
    status: DocumentStatus | None = None


class GetDocument(Payload):
    user_id: UUID
    document_id: UUID


class Document(Payload):
    """A row of document_summary_view. chunk_count: 0 until processed; processing_duration_ms: processed_at - uploaded_at."""

    id: UUID
    user_id: UUID
    filename: Personal[str]
    content_type: str
    size_bytes: int
    uploaded_at: datetime
    processed_at: datetime | None
    status: DocumentStatus
    chunk_count: int
    title: Personal[str | None]
    tags: tuple[str, ...]
    processing_duration_ms: Decimal | None


class ListDocumentsQuery(Query[ListDocuments, Page[Document]], type="document.list"):
    """Newest first."""


class GetDocumentQuery(Query[GetDocument, Document], type="document.get"): ...
