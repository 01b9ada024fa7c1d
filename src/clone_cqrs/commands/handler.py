"""BaseCommandHandler: carries out one type of command, and says who may ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, ClassVar, Generic, TypeVar

from clone_cqrs.dispatch.caller import current_caller
from clone_cqrs.dispatch.policies import Policy
from clone_cqrs.errors import CommandAuthorizationError, CqrsError
from clone_cqrs.messages import Command, CommandResult, DomainEvent

preparation: ContextVar[Any] = ContextVar("clone_cqrs.preparation", default=None)
"""Set by the bus around a handler that overrides `prepare`."""

C = TypeVar("C", bound=Command[Any, Any])
R = TypeVar("R")


class BaseCommandHandler(Generic[C, R]):
    """Subclass it, set `policy`, write `handle`.

    policy: who may, or override check_authorization; retries: how often `handle` runs again, each time in a new transaction,
    when it loses a conflict (ConflictError), 0 by default.
    """

    policy: ClassVar[Policy | None] = None
    retries: ClassVar[int] = 0

    async def handle(self, command: C) -> CommandResult[R]:
        """Carry the command out and return self.success(...) or self.error(...); a CqrsError raised is the same as returned."""
        raise NotImplementedError(f"{type(self).__name__}.handle")

    async def prepare(self, command: C) -> Any:
        """Slow work that needs no transaction (hashing a password, asking another service), before the transaction begins.

        Runs once, after authorization, and not for a command that is on record already. `handle` finds the value in
        `self.prepared`.
        """
        return None

    @property
    def prepared(self) -> Any:
        """What `prepare` returned for the command that is being handled."""
        return preparation.get()

    async def validate_command(self, command: C) -> list[str]:
        """Violations beyond the payload's shape, as `path: what is wrong`. Sees the message, never the database."""
        return []

    async def check_authorization(self, command: C, resource: Any = None) -> bool:
        """Whether the current caller may; by default what the policy says."""
        return self.policy is not None and self.policy.check(command, current_caller(), resource)

    async def authorize(self, command: C, resource: Any) -> None:
        """Ask again with a resource that the handler has loaded. Raises: CommandAuthorizationError."""
        if not await self.check_authorization(command, resource):
            raise CommandAuthorizationError(user_id=current_caller().user_id, resource=command.command_type)

    def success(self, data: R, events: Sequence[DomainEvent[Any]] = ()) -> CommandResult[R]:
        """The command is done; `events` are logged with it, in this order."""
        return CommandResult(True, data, None, events)

    def error(self, error: CqrsError) -> CommandResult[R]:
        """The command is refused; everything that the handler wrote is rolled back."""
        return CommandResult(False, None, error)
