"""What a message came to, in one word of a bounded set."""

from __future__ import annotations

from asyncio import CancelledError
from typing import Final

from clone_cqrs.errors import CqrsError
from clone_cqrs.messages import CommandResult, QueryResult

OK: Final = "ok"
FAILED: Final = "failed"


def outcome_of(result: CommandResult[object] | QueryResult[object]) -> str:
    """Of what was answered."""
    if result.error is not None:
        return result.error.code
    if not result.success:
        return FAILED
    return "replayed" if isinstance(result, CommandResult) and result.replayed else OK


def outcome_of_fault(error: BaseException) -> str:
    """Of what was raised: the error's code, "cancelled", or "error" for any bug."""
    if isinstance(error, CqrsError):
        return error.code
    return "cancelled" if isinstance(error, CancelledError) else "error"
