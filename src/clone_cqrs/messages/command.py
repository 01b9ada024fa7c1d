"""Command: a request to change something, named as an order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from clone_cqrs.errors import CommandValidationError
from clone_cqrs.messages.envelope import Envelope, P, R


class Command(Envelope[P, R]):
    """A command with a payload of type P, whose handler gives back an R.

        class RenameUserCommand(Command[RenameUser, UserRenamedData], type="user.rename"): ...

    command_id: the idempotency key, UUIDv7 unless given; command_type: the name that is stored and sent; timestamp: when it
    was given, in UTC; user_id: the actor, as text; payload: a P; metadata: free facts, read-only.
    Raises: CommandValidationError with all violations when the payload or a field of the envelope does not fit.
    """

    kind = "command"
    validation_error = CommandValidationError

    command_id: UUID
    command_type: str

    def __init__(
        self,
        payload: P | Mapping[str, Any],
        user_id: str | UUID,
        *,
        command_id: UUID | str | None = None,
        timestamp: datetime | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._fill(payload, user_id, command_id, timestamp, metadata)
