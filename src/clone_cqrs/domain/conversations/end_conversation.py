"""conversation.end."""

from __future__ import annotations

from decimal import Decimal

from clone_cqrs.commands import BaseCommandHandler
from clone_cqrs.dispatch.policies import owner_of
from clone_cqrs.domain.conversations.commands import EndConversationCommand, SessionData
from clone_cqrs.domain.conversations.events import ConversationEnded, ConversationEndedPayload
from clone_cqrs.domain.conversations.sessions import not_open
from clone_cqrs.domain.refusals import not_found
from clone_cqrs.errors import DomainRuleError
from clone_cqrs.messages import CommandResult
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

_PACKAGE = "clone_cqrs.domain.conversations"
_LOCK_SESSION = statement(_PACKAGE, "lock_session")
_END_SESSION = statement(_PACKAGE, "end_session")


class EndConversationCommandHandler(BaseCommandHandler[EndConversationCommand, SessionData]):
    policy = owner_of("user_id")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: EndConversationCommand) -> CommandResult[SessionData]:
        user_id, session_id = command.payload.user_id, command.payload.session_id
        state = await self._database.fetch_value(_LOCK_SESSION, user_id, session_id)
        if state is None:
            return self.error(not_found("session"))
        if state != "active":
            return self.error(not_open())
        row = await self._database.fetch_one(_END_SESSION, user_id, session_id, command.timestamp)
        if row is None:
            return self.error(DomainRuleError("a session cannot end before its start or its last turn"))
        latency = row["average_latency_ms"]
        event = ConversationEndedPayload(
            session_id=session_id,
            user_id=user_id,
            duration_seconds=row["duration_seconds"],
            total_turns=row["total_turns"],
            # A sum can have more digits than a JSON number carries.
            total_cost=Decimal(repr(float(row["total_cost"]))),
            average_latency_ms=None if latency is None else float(latency),
        )
        return self.success(SessionData(session_id=session_id), [ConversationEnded(aggregate_id=session_id, payload=event)])
