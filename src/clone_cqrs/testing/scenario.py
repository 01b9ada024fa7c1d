"""Scenario: given what was, when a command comes, then these events, this result, or this error."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Self, TypeVar

from clone_cqrs.commands import CommandBus
from clone_cqrs.events.append import append_committed
from clone_cqrs.messages import Command, DomainEvent
from clone_cqrs.postgres import Database
from clone_cqrs.testing.outcome import Outcome

R = TypeVar("R")


class Scenario:
    """One test of a command bus, with or without a database.

        scenario = Scenario(command_bus)
        await scenario.given_rows("INSERT INTO account (id, owner) VALUES ($1, $2)", (account_id, "ada"))
        await scenario.given(AccountOpened(...), DepositCommand(...))
        outcome = await scenario.when(WithdrawCommand(...))
        outcome.then_events(MoneyWithdrawn).then_result({"balance": 5})

    What `when` raises (a fault, such as a command without a handler) the test sees as it is.
    """

    def __init__(self, command_bus: CommandBus) -> None:
        self._bus = command_bus

    async def given(self, *facts: DomainEvent[Any] | Command[Any, Any], roles: Collection[str] | None = None) -> Self:
        """What happened before, in this order: events (appended to the log) and commands (executed with `roles`).

        Raises: ValueError for events without a database; the error of a command that is refused.
        """
        for fact in facts:
            if isinstance(fact, Command):
                (await self._bus.execute(fact, roles=roles)).unwrap()
            else:
                await append_committed(self._database("events"), (fact,))
        return self

    async def given_rows(self, statement: str, *rows: Sequence[object]) -> Self:
        """What is in the tables: a statement, run once for each row of arguments, or once where there are none.

        Raises: ValueError without a database.
        """
        database = self._database("rows")
        for row in rows or ((),):
            await database.execute(statement, *row)
        return self

    async def when(self, command: Command[Any, R], *, roles: Collection[str] | None = None) -> Outcome[R]:
        """Execute the command that is being tested. roles: as for `CommandBus.execute`."""
        return Outcome(await self._bus.execute(command, roles=roles))

    def _database(self, what: str) -> Database:
        if self._bus.database is None:
            raise ValueError(f"{what} need a command bus with a database; without one, give commands")
        return self._bus.database
