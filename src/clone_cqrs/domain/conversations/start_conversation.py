"""conversation.start."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.commands import BaseCommandHandler
from clone_cqrs.dispatch.policies import owner_of
from clone_cqrs.domain.conversations.commands import SessionData, StartConversation, StartConversationCommand
from clone_cqrs.domain.conversations.events import ConversationStarted, ConversationStartedPayload
from clone_cqrs.domain.conversations.sessions import FIND_SESSION
from clone_cqrs.domain.refusals import not_found, refused_creation
from clone_cqrs.domain.users.existence import require_user
from clone_cqrs.errors import CqrsError, DomainRuleError
from clone_cqrs.messages import CommandResult, uuid7
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

_PACKAGE = "clone_cqrs.domain.conversations"
_INSERT_SESSION = statement(_PACKAGE, "insert_session")
_FIND_MODELS = statement(_PACKAGE, "find_models")


class StartConversationCommandHandler(BaseCommandHandler[StartConversationCommand, SessionData]):
    policy = owner_of("user_id")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, command: StartConversationCommand) -> CommandResult[SessionData]:
        session = command.payload
        session_id = session.session_id or uuid7()
        inserted = await self._database.fetch_value(
            _INSERT_SESSION,
            session_id,
            session.user_id,
            session.voice_model_id,
            session.face_model_id,
            session.llm_provider,
            session.tts_provider,
            command.timestamp,
        )
        if inserted is None:
            return self.error(await self._refusal(session, session_id))
        event = ConversationStartedPayload(
            session_id=session_id,
            user_id=session.user_id,
            voice_model_id=session.voice_model_id,
            face_model_id=session.face_model_id,
            llm_provider=session.llm_provider,
            tts_provider=session.tts_provider,
        )
        return self.success(SessionData(session_id=session_id), [ConversationStarted(aggregate_id=session_id, payload=event)])

    async def _refusal(self, session: StartConversation, session_id: UUID) -> CqrsError:
        await require_user(self._database, session.user_id)
        models = await self._database.fetch_one(_FIND_MODELS, session.user_id, session.voice_model_id, session.face_model_id)
        assert models is not None
        if models["voice_status"] is None:
            return not_found("voice model")
        if session.face_model_id is not None and models["face_status"] is None:
            return not_found("face model")
        taken = await self._database.fetch_one(FIND_SESSION, session_id)
        if taken is not None:
            return await refused_creation(self._database, FIND_SESSION, session_id, session.user_id, "session")
        which = "face model" if models["voice_status"] == "completed" else "voice model"
        return DomainRuleError(f"the {which} is not completed")
