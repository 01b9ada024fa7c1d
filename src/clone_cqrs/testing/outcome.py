"""Outcome: what a command came to, with assertions that say what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from clone_cqrs.errors import CqrsError
from clone_cqrs.messages import CommandResult, DomainEvent

R = TypeVar("R")
E = TypeVar("E", bound=DomainEvent[Any])


class Outcome(Generic[R]):
    """The result of a command. Each `then_...` returns the outcome, so that they chain."""

    def __init__(self, result: CommandResult[R]) -> None:
        self.result = result

    def then_events(self, *expected: DomainEvent[Any] | type[DomainEvent[Any]] | str) -> Self:
        """Success with exactly these events, in this order; with none, when none are named.

        An event stands for its type, aggregate and payload, and for its version where it states one (ids, times and positions
        do not count); a class or a text for its type alone. Raises: AssertionError.
        """
        self._succeeded()
        logged = self.result.events
        same = len(logged) == len(expected) and all(map(_fits, logged, expected))
        assert same, "\n".join(
            ["the events differ", "  logged:", *_lines(logged), "  expected:", *_lines(expected)],
        )
        return self

    def then_result(self, expected: Any) -> Self:
        """Success with this data; a mapping is compared with the data's fields of these names. Raises: AssertionError."""
        self._succeeded()
        data: Any = self.result.data
        if isinstance(expected, Mapping) and isinstance(data, BaseModel):
            missing = [name for name in expected if name not in type(data).model_fields]
            assert not missing, f"{type(data).__name__} has no field {', '.join(map(repr, missing))}"
            data = {name: getattr(data, name) for name in expected}
            expected = dict(expected)
        assert data == expected, f"the result differs\n  got:      {data!r}\n  expected: {expected!r}"
        return self

    def then_error(self, expected: type[CqrsError] | str, *, says: str | None = None) -> Self:
        """A refusal of this class or code, whose text contains `says`. Raises: AssertionError."""
        error = self.result.error
        wanted = expected if isinstance(expected, str) else expected.__name__
        assert error is not None, f"expected {wanted}, but the command succeeded with {self.result.data!r}"
        fits = error.code == expected if isinstance(expected, str) else isinstance(error, expected)
        assert fits, f"expected {wanted}, got {_named(error)}"
        assert says is None or says in str(error), f"expected a text with {says!r}, got {_named(error)}"
        return self

    def event(self, cls: type[E]) -> E:
        """The one event of a class, to look at more closely. Raises: AssertionError when there is none, or more."""
        self._succeeded()
        found = [event for event in self.result.events if isinstance(event, cls)]
        assert len(found) == 1, "\n".join(
            [f"expected one {cls.__name__}, got {len(found)}", "  logged:", *_lines(self.result.events)]
        )
        return found[0]

    def _succeeded(self) -> None:
        error = self.result.error
        assert error is None, f"expected success, got {_named(error)}"


def _named(error: CqrsError | None) -> str:
    return f"{type(error).__name__} ({error.code}): {error}" if error is not None else "no error"


def _fits(event: DomainEvent[Any], expected: DomainEvent[Any] | type[DomainEvent[Any]] | str) -> bool:
    if isinstance(expected, DomainEvent):
        return (
            (event.event_type, event.aggregate_type, event.aggregate_id)
            == (expected.event_type, expected.aggregate_type, expected.aggregate_id)
            and _content(event) == _content(expected)
            and expected.version in (None, event.version)
        )
    return event.event_type == (expected if isinstance(expected, str) else expected.type_name)


def _content(event: DomainEvent[Any]) -> Any:
    return to_jsonable_python(event.wire_payload())


def _lines(events: Any) -> list[str]:
    return [f"    {_said(event)}" for event in events] or ["    nothing"]


def _said(event: DomainEvent[Any] | type[DomainEvent[Any]] | str) -> str:
    if isinstance(event, str):
        return event
    if isinstance(event, type):
        return event.type_name or event.__name__
    version = "" if event.version is None else f" version {event.version}"
    return f"{event.event_type} of {event.aggregate_type} {event.aggregate_id}{version}: {_content(event)}"
