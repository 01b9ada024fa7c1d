"""Finding a session, for those who must say why nothing could be done with it."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from clone_cqrs.domain.refusals import not_found
from clone_cqrs.errors import DomainRuleError
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

FIND_SESSION = statement("clone_cqrs.domain.conversations", "find_session")


async def require_session(database: Database, user_id: UUID, session_id: UUID) -> asyncpg.Record:
    """The session's row (state). Raises: NotFoundError without such a live session of this user."""
    row = await database.fetch_one(FIND_SESSION, session_id)
    if row is None or row["user_id"] != user_id or row["is_deleted"]:
        raise not_found("session")
    return row


def not_open() -> DomainRuleError:
    """Turns and the end need an open session."""
    return DomainRuleError("the session has ended")
