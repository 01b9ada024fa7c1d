"""The handlers of conversations, on two buses."""

from __future__ import annotations

from clone_cqrs.commands import CommandBus
from clone_cqrs.domain.conversations.commands import (
    EndConversationCommand,
    RecordConversationTurnCommand,
    StartConversationCommand,
)
from clone_cqrs.domain.conversations.end_conversation import EndConversationCommandHandler
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
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus


def register_conversation_handlers(commands: CommandBus, queries: QueryBus, database: Database) -> None:
    commands.register(StartConversationCommand, StartConversationCommandHandler(database))
    commands.register(RecordConversationTurnCommand, RecordConversationTurnCommandHandler(database))
    commands.register(EndConversationCommand, EndConversationCommandHandler(database))
    queries.register(GetConversationSessionQuery, GetConversationSessionQueryHandler(database))
    queries.register(ListConversationSessionsQuery, ListConversationSessionsQueryHandler(database))
    queries.register(GetConversationHistoryQuery, GetConversationHistoryQueryHandler(database))
