"""Handlers of queries on conversations."""

from __future__ import annotations

from clone_cqrs.dispatch.policies import has_role, owner_of
from clone_cqrs.domain.conversations.queries import (
    ConversationSession,
    ConversationTurn,
    GetConversationHistoryQuery,
    GetConversationSessionQuery,
    ListConversationSessionsQuery,
)
from clone_cqrs.domain.conversations.sessions import require_session
from clone_cqrs.domain.paging import page_of, place_of
from clone_cqrs.domain.readings import ViewStatement
from clone_cqrs.domain.refusals import not_found
from clone_cqrs.domain.rows import row_as
from clone_cqrs.domain.users.existence import require_user
from clone_cqrs.messages import Page, QueryResult
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.queries import BaseQueryHandler

_PACKAGE = "clone_cqrs.domain.conversations"
_GET_SESSION = ViewStatement(_PACKAGE, "get_session")
_LIST_SESSIONS = ViewStatement(_PACKAGE, "list_sessions")
_LIST_TURNS = statement(_PACKAGE, "list_turns")


class GetConversationSessionQueryHandler(BaseQueryHandler[GetConversationSessionQuery, ConversationSession]):
    policy = owner_of("user_id") | has_role("admin")
    reads = ("conversation_session_summary_view",)

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, query: GetConversationSessionQuery) -> QueryResult[ConversationSession]:
        asked = query.payload
        row = await self._database.fetch_one(_GET_SESSION.text, asked.user_id, asked.session_id)
        return self.error(not_found("session")) if row is None else self.success(row_as(ConversationSession, row))


class ListConversationSessionsQueryHandler(BaseQueryHandler[ListConversationSessionsQuery, Page[ConversationSession]]):
    policy = owner_of("user_id") | has_role("admin")
    reads = ("conversation_session_summary_view", "users")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, query: ListConversationSessionsQuery) -> QueryResult[Page[ConversationSession]]:
        asked = query.payload
        rows = await self._database.fetch(
            _LIST_SESSIONS.text,
            asked.user_id,
            *place_of(query),
            asked.page_size + 1,
            asked.start_date,
            asked.end_date,
        )
        if not rows:
            await require_user(self._database, asked.user_id)
        return self.success(page_of(query, rows, ConversationSession, "started_at"))


class GetConversationHistoryQueryHandler(BaseQueryHandler[GetConversationHistoryQuery, Page[ConversationTurn]]):
    policy = owner_of("user_id") | has_role("admin")
    reads = ("conversation_turns", "conversation_sessions")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, query: GetConversationHistoryQuery) -> QueryResult[Page[ConversationTurn]]:
        asked = query.payload
        rows = await self._database.fetch(_LIST_TURNS, asked.user_id, asked.session_id, *place_of(query), asked.page_size + 1)
        if not rows:
            await require_session(self._database, asked.user_id, asked.session_id)
        return self.success(page_of(query, rows, ConversationTurn, "timestamp"))
