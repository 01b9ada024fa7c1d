"""The driver's errors become ours here, by SQLSTATE and constraint name, never by message text."""

from __future__ import annotations

import asyncpg

from clone_cqrs.errors import ConflictError, CqrsError, DomainRuleError, StorageUnavailableError

UNIQUE_VIOLATION = "23505"
FOREIGN_KEY_VIOLATION = "23503"
CHECK_VIOLATION = "23514"
EXCLUSION_VIOLATION = "23P01"
QUERY_CANCELED = "57014"
IDLE_IN_TRANSACTION = "25P03"
STALE_VERSION = "CQ409"
"""Raised by cqrs.move_versions."""

LOST_RACES = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the same transaction, run again, can succeed."""

TIMEOUTS = frozenset({QUERY_CANCELED, IDLE_IN_TRANSACTION, "55P03", "25P04"})
"""Cancelled by statement_timeout, idle_in_transaction_session_timeout, lock_timeout, transaction_timeout."""

# 08 connection exceptions, 57P0x shutdown and crash, 53 insufficient resources, 58 system errors.
_UNAVAILABLE_CLASSES = ("08", "53", "58")
_UNAVAILABLE = frozenset({"57P01", "57P02", "57P03", "57P05"})


def sqlstate_of(error: BaseException) -> str | None:
    """The SQLSTATE of a driver's error, if the server sent one."""
    return getattr(error, "sqlstate", None) if isinstance(error, asyncpg.PostgresError) else None


def is_unavailable(error: BaseException) -> bool:
    """Whether the server was not there, or went away: nothing can be said about the transaction but that it is over."""
    if isinstance(error, StorageUnavailableError):
        return True
    state = sqlstate_of(error)
    if state is not None:
        return state in _UNAVAILABLE or state.startswith(_UNAVAILABLE_CLASSES)
    # InternalClientError: the server's last word, which ended the session, came before the next statement was sent.
    # A closed connection is an InterfaceError, and so is a wrong number of arguments: whoever holds the connection can tell.
    return isinstance(error, OSError | asyncpg.InternalClientError)


def without_values(error: BaseException) -> None:
    """Forget the server's DETAIL, which quotes rows: an error's text, and whatever logs it, must not hold what is stored."""
    if isinstance(error, asyncpg.PostgresError):
        error.detail = None


def translate(error: BaseException) -> CqrsError | None:
    """Our error for the driver's, or None where it is a bug in a statement and has to be seen as such.

    Timeouts are left to the buses, which know whether a command or a query ran out of time.
    """
    state = sqlstate_of(error)
    if state is None:
        return unavailable(error) if is_unavailable(error) else None
    constraint = getattr(error, "constraint_name", None)
    if state == STALE_VERSION:
        return ConflictError("the aggregate has changed since the version that the event states")
    if state in LOST_RACES:
        return ConflictError("lost a race with another transaction")
    if state in (UNIQUE_VIOLATION, EXCLUSION_VIOLATION):
        return ConflictError(f"a value that must be unique is taken ({constraint})", constraint=constraint)
    if state in (CHECK_VIOLATION, FOREIGN_KEY_VIOLATION) and constraint:
        return DomainRuleError(f"a rule of the database refuses this ({constraint})", constraint=constraint)
    return unavailable(error) if is_unavailable(error) else None


def unavailable(error: BaseException) -> StorageUnavailableError:
    """StorageUnavailableError for a driver's or a socket's error; says what can be done where that is known."""
    if isinstance(error, StorageUnavailableError):
        return error
    return StorageUnavailableError(_ADVICE.get(sqlstate_of(error) or "", _reason(error)))


def _reason(error: BaseException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "PostgreSQL refuses the connection: is it running, and are host and port of the DSN right?"
    if isinstance(error, FileNotFoundError):
        return "PostgreSQL's socket is not there: is it running, and is the host of the DSN right?"
    if isinstance(error, TimeoutError):
        return "PostgreSQL does not answer in time"
    return f"PostgreSQL cannot be reached or went away ({type(error).__name__})"


_ADVICE = {
    "28P01": "PostgreSQL refused the password of the DSN",
    "28000": "PostgreSQL refused the user of the DSN (see pg_hba.conf)",
    "3D000": "the database of the DSN does not exist: create it (createdb), or name another",
    "53300": "PostgreSQL has no connection left: raise max_connections, or lower the size of the pools",
    "57P03": "PostgreSQL is starting up, or shutting down",
    # What PgBouncer answers to a session's settings, and to everything else.
    "08P01": "PostgreSQL, or a pooler in front of it, broke the connection off; where the DSN is a pooler's, name the server's "
    "own, too (direct_dsn=, or DATABASE_DIRECT_URL)",
}
REFUSED = frozenset({"28P01", "28000", "3D000"})
"""Trying again does not help until somebody mends the DSN or the server."""
