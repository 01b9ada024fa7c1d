"""Handlers of queries on knowledge documents."""

from __future__ import annotations

from clone_cqrs.dispatch.policies import has_role, owner_of
from clone_cqrs.domain.documents.queries import Document, GetDocumentQuery, ListDocumentsQuery
from clone_cqrs.domain.paging import page_of, place_of
from clone_cqrs.domain.readings import ViewStatement
from clone_cqrs.domain.refusals import not_found
from clone_cqrs.domain.rows import row_as
from clone_cqrs.domain.users.existence import require_user
from clone_cqrs.messages import Page, QueryResult
from clone_cqrs.postgres import Database
from clone_cqrs.queries import BaseQueryHandler

_PACKAGE = "clone_cqrs.domain.documents"
_GET_DOCUMENT = ViewStatement(_PACKAGE, "get_document")
_LIST_DOCUMENTS = ViewStatement(_PACKAGE, "list_documents")


class GetDocumentQueryHandler(BaseQueryHandler[GetDocumentQuery, Document]):
    policy = owner_of("user_id") | has_role("admin")
    reads = ("document_summary_view",)

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, query: GetDocumentQuery) -> QueryResult[Document]:
        asked = query.payload
        row = await self._database.fetch_one(_GET_DOCUMENT.text, asked.user_id, asked.document_id)
        return self.error(not_found("document")) if row is None else self.success(row_as(Document, row))


class ListDocumentsQueryHandler(BaseQueryHandler[ListDocumentsQuery, Page[Document]]):
    policy = owner_of("user_id") | has_role("admin")
    reads = ("document_summary_view", "users")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, query: ListDocumentsQuery) -> QueryResult[Page[Document]]:
        asked = query.payload
        rows = await self._database.fetch(
            _LIST_DOCUMENTS.text, asked.user_id, *place_of(query), asked.page_size + 1, asked.status
        )
        if not rows:
            await require_user(self._database, asked.user_id)
        return self.success(page_of(query, rows, Document, "uploaded_at"))
