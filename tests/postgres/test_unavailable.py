"""Which errors mean that the server was not there: those are waited for, all others are somebody's mistake."""

import asyncpg
import pytest

from clone_cqrs.errors import ConflictError, StorageUnavailableError
from clone_cqrs.postgres.errors import is_unavailable, translate


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        asyncpg.AdminShutdownError(),
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.TooManyConnectionsError(),
        asyncpg.DiskFullError(),
        ConnectionRefusedError(),
        TimeoutError(),
        StorageUnavailableError(),
    ],
)
def test_a_server_that_went_away_is_unavailable(error: Exception) -> None:
    assert is_unavailable(error)
    assert isinstance(translate(error), StorageUnavailableError)


@pytest.mark.parametrize(
    "error",
    [asyncpg.UniqueViolationError(), asyncpg.UndefinedTableError(), asyncpg.InterfaceError("one argument"), ConflictError()],
)
def test_what_the_server_refuses_is_not(error: Exception) -> None:
    assert not is_unavailable(error)
    assert not isinstance(translate(error), StorageUnavailableError)
