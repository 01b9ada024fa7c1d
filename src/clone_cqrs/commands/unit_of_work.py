"""One command, one transaction: the claim of its id, the record of its outcome, and the COMMIT."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import BaseModel
from pydantic_core import to_json

from clone_cqrs.messages import Command, DomainEvent
from clone_cqrs.postgres.connection import CommandConnection, discard, is_gone
from clone_cqrs.postgres.errors import is_unavailable
from clone_cqrs.postgres.statements import statement
from clone_cqrs.postgres.uninterrupted import uninterrupted

_RECORD_COMMAND = statement("clone_cqrs.commands", "record_command")
_RECORD_COMMAND_WITH_ONE_EVENT = statement("clone_cqrs.commands", "record_command_with_one_event")
READ_RECORD = statement("clone_cqrs.commands", "read_record")
_ROLLBACK_S = 5.0
"""A server that does not answer a ROLLBACK in this time is not waited for: it finds the connection closed."""
_NOTHING_ON_RECORD = "SELECT 0"
_NO_COLUMNS: tuple[Any, ...] = ((),) * 8


class CommitInterruptedError(Exception):
    """COMMIT was sent and the connection was lost before its answer came. `cancelled`: so was the caller, meanwhile."""

    def __init__(self, *, cancelled: bool) -> None:
        self.cancelled = cancelled
        super().__init__()


class UnitOfWork:
    """The transaction of one command on one connection. `begin`, then `record` and `commit`, or `rollback`.

    answer_within: seconds that the answer to COMMIT may take before the connection counts as lost.
    """

    __slots__ = ("_answer_within", "_connection", "_open")

    def __init__(self, connection: CommandConnection, answer_within: float) -> None:
        self._connection = connection
        self._answer_within = answer_within
        self._open = False

    async def begin(self, command_id: UUID) -> asyncpg.Record | None:
        """Begin, wait for another execution of the same id, and return what is on record for it."""
        self._open = True
        # 32 hex digits are safe inside the statement; as a parameter the id would cost a round trip of its own after BEGIN.
        status = await self._connection.begin_with(f"SELECT FROM cqrs.claim_command('{command_id.int:032x}')")
        return None if status == _NOTHING_ON_RECORD else await self._connection.fetchrow(READ_RECORD, command_id)

    async def record(
        self, command: Command[Any, Any], fingerprint: bytes, data: str, timestamp: Any, events: Sequence[DomainEvent[Any]]
    ) -> asyncpg.Record:
        """Log the events and record the outcome. Returns the row (positions, versions)."""
        if len(events) == 1:
            text, columns = _RECORD_COMMAND_WITH_ONE_EVENT, _values_of(events[0])
        else:
            text, columns = _RECORD_COMMAND, tuple(zip(*map(_values_of, events), strict=True)) or _NO_COLUMNS
        row = await self._connection.fetchrow(
            text, command.command_id, command.command_type, command.user_id, fingerprint, data, timestamp, *columns
        )
        assert row is not None
        return row

    async def commit(self) -> bool:
        """COMMIT, whatever cancels the caller meanwhile. Returns whether it was cancelled; the caller has to raise then.

        Raises: CommitInterruptedError when the answer was lost; asyncpg's error when the server refused and rolled back.
        """
        self._open = False
        # A network that went away says nothing: after this long, the record has to be asked.
        too_long = asyncio.get_running_loop().call_later(self._answer_within, discard, self._connection)
        error, cancelled = await uninterrupted(self._connection.end_with("COMMIT"))
        too_long.cancel()
        if error is not None:
            if is_unavailable(error) or is_gone(self._connection):
                # An error that the server sent with its last breath can be of a transaction that it did commit.
                discard(self._connection)
                raise CommitInterruptedError(cancelled=cancelled) from error
            raise error
        return cancelled

    async def rollback(self) -> None:
        """Undo everything, if it was begun and not ended. A connection that cannot is closed, which undoes it as well."""
        if not self._open:
            return
        self._open = False
        try:
            if not is_gone(self._connection):
                async with asyncio.timeout(_ROLLBACK_S):
                    await self._connection.end_with("ROLLBACK")
        except BaseException as error:
            discard(self._connection)
            if not isinstance(error, Exception):
                raise


def _values_of(event: DomainEvent[Any]) -> tuple[Any, ...]:
    """What the log keeps of an event, in the order of the statements' parameters."""
    return (
        event.event_id,
        event.event_type,
        event.aggregate_type,
        event.aggregate_id,
        event.version,
        event.timestamp,
        _json(event.payload),
        _json(event.metadata),
    )


def _json(value: Any) -> str:
    if isinstance(value, BaseModel):
        return value.__pydantic_serializer__.to_json(value, by_alias=True).decode("utf-8")
    return to_json(dict(value)).decode("utf-8")
