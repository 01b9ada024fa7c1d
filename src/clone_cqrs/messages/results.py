"""Results: what a command or a query comes to. Outcomes are values, faults are exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

from clone_cqrs.errors import CqrsError
from clone_cqrs.messages.envelope import Frozen
from clone_cqrs.messages.event import DomainEvent
from clone_cqrs.messages.payload import WireModel

R = TypeVar("R")
T = TypeVar("T")


class CommandResult(Frozen, Generic[R]):
    """The outcome of one command.

    success; data: an R, or None; error: a CqrsError, or None; events: those it logged, with versions and positions, () when
    replayed; timestamp: of the first execution, UTC; token: contains this write, None without events; replayed: whether
    this is the stored outcome of an earlier execution of the same command.
    """

    success: bool
    data: R | None
    error: CqrsError | None
    events: tuple[DomainEvent[Any], ...]
    timestamp: datetime
    token: str | None
    replayed: bool

    def __init__(
        self,
        success: bool,
        data: R | None = None,
        error: CqrsError | None = None,
        events: Sequence[DomainEvent[Any]] = (),
        timestamp: datetime | None = None,
        token: str | None = None,
        replayed: bool = False,
    ) -> None:
        self.__dict__.update(
            success=success,
            data=data,
            error=error,
            events=tuple(events),
            timestamp=timestamp or datetime.now(UTC),
            token=token,
            replayed=replayed,
        )

    def unwrap(self) -> R:
        """The data, or raises the error."""
        if self.error is not None:
            raise self.error
        return cast(R, self.data)


class QueryResult(Frozen, Generic[R]):
    """The answer to one query.

    success; data: an R, or None; error: a CqrsError, or None; from_cache; timestamp: when the data was loaded, UTC.
    """

    success: bool
    data: R | None
    error: CqrsError | None
    from_cache: bool
    timestamp: datetime

    def __init__(
        self,
        success: bool,
        data: R | None = None,
        error: CqrsError | None = None,
        from_cache: bool = False,
        timestamp: datetime | None = None,
    ) -> None:
        self.__dict__.update(
            success=success, data=data, error=error, from_cache=from_cache, timestamp=timestamp or datetime.now(UTC)
        )

    def unwrap(self) -> R:
        """The data, or raises the error."""
        if self.error is not None:
            raise self.error
        return cast(R, self.data)


class Page(WireModel, Generic[T]):
    """One page of a list. items: in the order that the query promises; next_cursor: for the page after, None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None = None
