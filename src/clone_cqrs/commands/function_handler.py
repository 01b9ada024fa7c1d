"""A function as a command handler: the same thing as a class, said shorter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from clone_cqrs.commands.handler import BaseCommandHandler
from clone_cqrs.dispatch.policies import Policy
from clone_cqrs.messages import Command


class FunctionCommandHandler(BaseCommandHandler[Any, Any]):
    """Runs an async function, which returns a CommandResult or just the data."""

    def __init__(
        self,
        function: Callable[[Any], Awaitable[Any]],
        *,
        message_class: type[Command[Any, Any]] | None,
        policy: Policy | None,
        retries: int,
    ) -> None:
        # Not methods of the class: the registry takes what the instance says.
        self.handle = function  # type: ignore[method-assign, assignment]
        self.message_class = message_class
        self.policy = policy  # type: ignore[misc]
        self.retries = retries  # type: ignore[misc]
