"""CommandBus: from a command to its result, through validation, authorization, idempotency and its handler."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar, cast

from clone_cqrs.commands.durable import DurableExecution, Step
from clone_cqrs.commands.function_handler import FunctionCommandHandler
from clone_cqrs.commands.handler import BaseCommandHandler
from clone_cqrs.commands.outcome import caused, outcome, outcome_of, prepared, refusal
from clone_cqrs.commands.record_keeping import DEFAULT_KEEP
from clone_cqrs.dispatch.bus import Bus
from clone_cqrs.dispatch.caller import SYSTEM, caller_of, enter, impersonates_system, leave, speaking_for_itself
from clone_cqrs.dispatch.middleware import Middleware
from clone_cqrs.dispatch.policies import Policy
from clone_cqrs.dispatch.registry import Registration, Registry, message_class_of_function
from clone_cqrs.errors import (
    CommandAuthorizationError,
    CommandTimeoutError,
    CommandValidationError,
    CqrsError,
    MalformedMessageError,
    PublishError,
    TransactionScopeError,
    UnknownCommandError,
)
from clone_cqrs.events.publisher import EventPublisher
from clone_cqrs.messages import Command, CommandResult
from clone_cqrs.messages.wire import checked_json, parse_message, read_message, type_of_message
from clone_cqrs.postgres.ambient import in_ambient_transaction
from clone_cqrs.postgres.database import Database

R = TypeVar("R")
F = TypeVar("F", bound=Callable[[Any], Awaitable[Any]])

CommandHandler = BaseCommandHandler[Any, Any]


class CommandBus(Bus[CommandHandler]):
    """Executes commands, each by its one handler.

    database: with one, a command is one transaction, idempotent by its id, and its events go to the log; without, its events
    go to `event_publisher` after the handler succeeded. enable_validation: handlers' own validate_command (a payload's shape
    is always checked, when the message is made); enable_authorization: policies, without which a handler is refused.
    keep_records: how long a command's outcome is kept, and a repetition of it answered from there; 30 days.
    """

    def __init__(
        self,
        *,
        database: Database | None = None,
        event_publisher: EventPublisher | None = None,
        enable_validation: bool = True,
        enable_authorization: bool = True,
        keep_records: timedelta = DEFAULT_KEEP,
    ) -> None:
        super().__init__(
            Registry(
                BaseCommandHandler, Command, enable_validation=enable_validation, enable_authorization=enable_authorization
            )
        )
        self.database = database
        self.event_publisher = event_publisher
        self._authorization = enable_authorization
        self._durable = None if database is None else DurableExecution(database, keep_records)

    def handles(
        self, type_or_class: str | type[Command[Any, Any]], *, policy: Policy | None = None, retries: int = 0
    ) -> Callable[[F], F]:
        """Register an async function, which returns a CommandResult or just the data."""

        def decorate(function: F) -> F:
            named = None if isinstance(type_or_class, str) else type_or_class
            message_class = cast("type[Command[Any, Any]] | None", named or message_class_of_function(function, Command))
            self.register(
                type_or_class,
                FunctionCommandHandler(function, message_class=message_class, policy=policy, retries=retries),
            )
            return function

        return decorate

    def watch_steps(self, step: Callable[[Step], AbstractContextManager[object]]) -> None:
        """Enter `step("handle")` and `step("commit")` around these two of each command that is executed on a database."""
        if self._durable is not None:
            self._durable.step = step

    def use(self, middleware: Middleware) -> None:
        super().use(middleware)
        # `execute` knows nothing of middleware, so that a bus without any pays nothing for it.
        self.execute = self._execute_through_middleware  # type: ignore[method-assign]

    async def execute(
        self, command: Command[Any, R], *, roles: Collection[str] | None = None, timeout: float | None = None
    ) -> CommandResult[R]:
        """Carry out a command, once.

        roles: of the actor; None is this process speaking for itself, where the actor "system" has the role `system` and any
        other none. timeout: seconds, until COMMIT is sent; by default the database's statement_timeout bounds each statement.
        Returns: the outcome, also a refusal. Raises: UnknownCommandError, TransactionScopeError (inside a handler),
        PublishError, StorageUnavailableError, and whatever is a bug of the handler.
        """
        # The whole pipeline in one coroutine: another one costs as much as two of these steps. See `use` for middleware.
        self._used = True
        registration = self._registrations.get(command.command_type)
        if registration is None:
            raise UnknownCommandError(f"no handler for {command.command_type!r}", message_type=command.command_type)
        durable = self._durable
        if durable is not None and in_ambient_transaction():
            raise TransactionScopeError(
                "a command cannot be executed inside another transaction: emit an event, and subscribe to it"
            )
        caller = speaking_for_itself(command.user_id) if roles is None else caller_of(command.user_id, roles)
        token = enter(caller)
        try:
            if registration.validate is not None:
                violations = await registration.validate(command)
                if violations:
                    return CommandResult(False, error=CommandValidationError(violations))
            if self._authorization:
                if caller.user_id == SYSTEM and impersonates_system(caller):
                    allowed = False
                elif registration.may is not None:
                    allowed = registration.may(command, caller, None)
                else:
                    allowed = registration.authorize is None or await registration.authorize(command, None)
                if not allowed:
                    return CommandResult(
                        False, error=CommandAuthorizationError(user_id=caller.user_id, resource=registration.type_name)
                    )
            if durable is not None:
                return await durable.execute(registration, command, timeout)
            if timeout is None and registration.prepare is None:
                result = await registration.handle(command)
                if type(result) is not CommandResult or result.error is not None:
                    result = outcome(result)
            else:
                result = await _within(timeout, registration, command)
        except CqrsError as error:
            # Of a handler, or of a hook, that raises instead of answering.
            return refusal(error)
        finally:
            leave(token)
        return result if not result.events else await self._publish(command, result)

    async def execute_message(
        self,
        message: bytes | str | Mapping[str, Any],
        *,
        actor: str | None = None,
        roles: Collection[str] | None = (),
        timeout: float | None = None,
    ) -> CommandResult[Any]:
        """Carry out a command in wire form; what is wrong with the message is answered, too. `actor` replaces its userId."""
        name: str | None = None
        try:
            parsed = parse_message(message)
            name = type_of_message(parsed, "command")
            found = checked_json(parsed)
            registration = self._registrations.get(name)
            if registration is None:
                raise UnknownCommandError("no handler for this type of command", message_type=name)
            command = read_message(
                parsed, cast("type[Command[Any, Any]]", registration.message_class), actor=actor, found=found
            )
        except (MalformedMessageError, UnknownCommandError, CommandValidationError) as error:
            self._on_unread(name, error)
            return CommandResult(False, error=error)
        return await self.execute(command, roles=roles, timeout=timeout)

    async def execute_many(
        self,
        commands: Sequence[Command[Any, Any]],
        *,
        roles: Collection[str] | None = None,
        timeout: float | None = None,
    ) -> list[CommandResult[Any]]:
        """One after another, each its own transaction, up to and including the first failure. `timeout` counts for each."""
        results: list[CommandResult[Any]] = []
        for command in commands:
            results.append(await self.execute(command, roles=roles, timeout=timeout))
            if not results[-1].success:
                break
        return results

    async def _execute_through_middleware(
        self, command: Command[Any, R], *, roles: Collection[str] | None = None, timeout: float | None = None
    ) -> CommandResult[R]:
        self._used = True
        innermost = partial(type(self).execute, self, roles=roles, timeout=timeout)
        return cast("CommandResult[R]", await self._through_middleware(command, innermost))

    async def _publish(self, command: Command[Any, Any], result: CommandResult[Any]) -> CommandResult[Any]:
        if not result.success:
            return CommandResult(False, error=result.error)
        events = caused(command, result.events)
        result = CommandResult(True, result.data, None, events, result.timestamp)
        if self.event_publisher is not None:
            try:
                await self.event_publisher.publish_batch(events)
            except PublishError as error:
                raise PublishError(str(error), result=result, unpublished=error.unpublished) from error
        return result


async def _within(
    timeout: float | None, registration: Registration[CommandHandler], command: Command[Any, Any]
) -> CommandResult[Any]:
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            return await prepared(registration, command) or await outcome_of(registration, command)
    except TimeoutError:
        if not limit.expired():
            raise
        return CommandResult(False, error=CommandTimeoutError(f"not done within {timeout:g} s"))
