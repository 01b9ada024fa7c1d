"""Scenario: given what was, when a command comes, then these events, this result, or this error."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel

from clone_cqrs.commands import CommandBus
from clone_cqrs.errors import CqrsError
from clone_cqrs.events.append import append_committed
from clone_cqrs.messages import Command, CommandResult, DomainEvent

R = TypeVar("R")


class Outcome(Generic[R]):
    """What a command came to, with assertions that say what differs. Each returns the outcome, so that they chain."""

    def __init__(self, result: CommandResult[R]) -> None:
        self.result = result

    def then_events(self, *expected: DomainEvent[Any] | type[DomainEvent[Any]] | str) -> Self:
        """Exactly these events, in this order.

        An event stands for its type, aggregate and payload (ids, times and positions do not count); a class or a text for its
        type alone. Raises: AssertionError.
        """
        self._succeeded()
        logged = [_said(event, whole) for event, whole in self._compared(expected)]
        wanted = [_said(each, isinstance(each, DomainEvent)) for each in expected]
        assert logged == wanted, f"events differ:\n  logged   {logged}\n  expected {wanted}"
        return self

    def then_result(self, expected: Any) -> Self:
        """Success with this data; a mapping is compared with the data's fields of these names. Raises: AssertionError."""
        self._succeeded()
        data: Any = self.result.data
        if isinstance(expected, Mapping) and isinstance(data, BaseModel):
            data = {name: getattr(data, name) for name in expected}
        assert data == expected, f"the result differs:\n  got      {data!r}\n  expected {expected!r}"
        return self

    def then_error(self, expected: type[CqrsError] | str, *, says: str | None = None) -> Self:
        """A refusal with this class or code, whose text contains `says`. Raises: AssertionError."""
        error = self.result.error
        assert error is not None, f"expected {expected}, but the command succeeded with {self.result.data!r}"
        fits = error.code == expected if isinstance(expected, str) else isinstance(error, expected)
        assert fits, f"expected {expected}, got {type(error).__name__} ({error.code}): {error}"
        assert says is None or says in str(error), f"expected a text with {says!r}, got {str(error)!r}"
        return self

    def _compared(self, expected: tuple[Any, ...]) -> list[tuple[DomainEvent[Any], bool]]:
        whole = [isinstance(each, DomainEvent) for each in expected] + [False] * len(self.result.events)
        return list(zip(self.result.events, whole, strict=False))

    def _succeeded(self) -> None:
        error = self.result.error
        assert error is None, f"expected success, got {type(error).__name__} ({error.code}): {error}"


class Scenario:
    """One test of a command bus, with or without a database.

    scenario = Scenario(command_bus)
    await scenario.given("INSERT INTO account (id) VALUES ($1)", account_id)     # or events, or commands
    (await scenario.when(OpenAccountCommand(...))).then_events(AccountOpened).then_result({"account_id": account_id})
    """

    def __init__(self, command_bus: CommandBus) -> None:
        self._bus = command_bus

    async def given(self, *facts: Any) -> Self:
        """What was before: a statement with its arguments, or events (appended to the log), or commands (which must succeed).

        Raises: ValueError for rows or events without a database; the error of a command that is refused.
        """
        if facts and isinstance(facts[0], str):
            await self._database().execute(facts[0], *facts[1:])
            return self
        for fact in facts:
            if isinstance(fact, Command):
                (await self._bus.execute(fact)).unwrap()
            else:
                await append_committed(self._database(), (fact,))
        return self

    async def when(self, command: Command[Any, R], *, roles: Collection[str] | None = None) -> Outcome[R]:
        """Execute the command that is being tested."""
        return Outcome(await self._bus.execute(command, roles=roles))

    def _database(self) -> Any:
        if self._bus.database is None:
            raise ValueError("rows and events need a command bus with a database; without one, give commands")
        return self._bus.database


def _said(event: Any, whole: bool) -> Any:
    if isinstance(event, str):
        return event
    if isinstance(event, type):
        return event.type_name  # type: ignore[attr-defined]
    return (event.event_type, event.aggregate_id, event.wire_payload()) if whole else event.event_type
