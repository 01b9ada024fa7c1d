"""Whether a consistency token can be honoured here: told at once, never after a wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clone_cqrs.errors import QueryValidationError
from clone_cqrs.events.token import ConsistencyToken
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

_LOG_HEAD = statement("clone_cqrs.queries", "log_head")


class TokenCheck:
    """Checks tokens against one database. Remembers how far its log is known to reach, so that most checks ask nothing."""

    def __init__(self, database: Database | None) -> None:
        self._database = database
        self._known_head = 0

    def committed(self, events: Sequence[DomainEvent[Any]]) -> None:
        """Learn from this process's own commits."""
        for event in events:
            self._known_head = max(self._known_head, event.position or 0)

    async def position_of(self, token: str) -> int:
        """The position that a token stands for.

        Raises: QueryValidationError where it is damaged, of another database, or beyond the head of the log, as after the
        restore of a backup; StorageUnavailableError.
        """
        parsed = ConsistencyToken.parse(token)
        database = self._database
        if database is None or not parsed.belongs_to(await database.database_id()):
            raise QueryValidationError("consistencyToken: is of another database")
        if parsed.position > self._known_head:
            self._known_head = max(self._known_head, await database.fetch_value(_LOG_HEAD) or 0)
        if parsed.position > self._known_head:
            raise QueryValidationError("consistencyToken: is beyond the end of the log; was a backup restored?")
        return parsed.position
