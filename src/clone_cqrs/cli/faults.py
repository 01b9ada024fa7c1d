"""What went wrong, in one line for people: what, and what to do. Never a DSN, which may hold a password."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from enum import IntEnum

DSN_FORM = "a DSN looks like postgresql://user@host:5432/database"


class ExitCode(IntEnum):
    """DONE; FAILED: the work could not be done, or not all of it; USAGE: the call was wrong, nothing was tried; REFUSED: by the
    application, whose answer that is; INTERRUPTED; UNREAD: whoever read stdout has gone.
    """

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    INTERRUPTED = 130
    UNREAD = 141


class FaultError(Exception):
    """Ends the program with one line on stderr."""

    exit_code = ExitCode.FAILED


class UsageFaultError(FaultError):
    """The call was wrong: an option, a file, a name."""

    exit_code = ExitCode.USAGE


class InterruptedFaultError(FaultError):
    """Ctrl-C, with something to say about what was done until then."""

    exit_code = ExitCode.INTERRUPTED


def sentence_of(error: BaseException) -> str | None:
    """What to tell about an error that can be expected of the world outside; None for a bug, which needs its traceback."""
    # The drivers are loaded by now, if it was they that failed; nobody else has to wait for them.
    import asyncpg

    from clone_cqrs.errors import CqrsError
    from clone_cqrs.postgres.errors import is_unavailable, unavailable

    if isinstance(error, (FaultError, CqrsError)):
        return str(error)
    for cause in _causes(error):
        if isinstance(cause, asyncpg.InsufficientPrivilegeError):
            # The server names the object, never a value.
            return f"the DSN's user lacks a right: {cause.args[0]}"
        # Of the system's errors those of connections only: a file that is missing is nothing that PostgreSQL did.
        if isinstance(cause, (asyncpg.PostgresError, ConnectionError, socket.gaierror)) and is_unavailable(cause):
            return str(unavailable(cause))
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        original = getattr(error, "orig", None)  # SQLAlchemy keeps the driver's error there
        error = original if isinstance(original, BaseException) else error.__cause__
