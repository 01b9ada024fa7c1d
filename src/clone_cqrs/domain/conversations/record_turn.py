"""conversation.record_turn."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.commands import BaseCommandHandler
from clone_cqrs.dispatch.policies import owner_of
from clone_cqrs.domain.conversations.commands import RecordConversationTurn, RecordConversationTurnCommand, TurnData
from clone_cqrs.domain.conversations.events import ConversationTurnCompleted, ConversationTurnCompletedPayload
from clone_cqrs.domain.conversations.sessions import not_open, require_session
from clone_cqrs.domain.refusals import refused_creation
from clone_cqrs.errors import CqrsError
from clone_cqrs.messages import CommandResult, uuid7
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

_PACKAGE = "clone_cqrs.domain.conversations"
_INSERT_TURN = statement(_PACKAGE, "insert_turn")
_FIND_TURN = statement(_PACKAGE, "find_turn")


class RecordConversationTurnCommandHandler(BaseCommandHandler[RecordConversationTurnCommand, TurnData]):
    policy = owner_of("user_id")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: RecordConversationTurnCommand) -> CommandResult[TurnData]:
        turn = command.payload
        turn_id = turn.turn_id or uuid7()
        inserted = await self._database.fetch_value(
            _INSERT_TURN,
            turn_id,
            turn.user_id,
            turn.session_id,
            command.timestamp,
            turn.user_transcript,
            turn.system_response,
            turn.latency_ms,
            turn.cost,
            turn.retrieved_chunks,
        )
        if inserted is None:
            return self.error(await self._refusal(turn, turn_id))
        event = ConversationTurnCompletedPayload(
            session_id=turn.session_id,
            turn_id=turn_id,
            user_id=turn.user_id,
            user_transcript=turn.user_transcript,
            system_response=turn.system_response,
            latency_ms=turn.latency_ms,
            cost=turn.cost,
        )
        return self.success(TurnData(turn_id=turn_id), [ConversationTurnCompleted(aggregate_id=turn.session_id, payload=event)])

    async def _refusal(self, turn: RecordConversationTurn, turn_id: UUID) -> CqrsError:
        session = await require_session(self._database, turn.user_id, turn.session_id)
        if session["state"] != "active":
            return not_open()
        return await refused_creation(self._database, _FIND_TURN, turn_id, turn.user_id, "turn")
