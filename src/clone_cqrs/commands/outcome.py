"""From what a handler does to a CommandResult, and from its events to events that name their cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clone_cqrs.commands.handler import preparation
from clone_cqrs.dispatch.registry import Registration
from clone_cqrs.errors import CqrsError
from clone_cqrs.messages import Command, CommandResult, DomainEvent
from clone_cqrs.telemetry.context import carried, correlation_of, trace_of


async def outcome_of(registration: Registration[Any], command: Command[Any, Any]) -> CommandResult[Any]:
    """Run the handler. An answered error, raised or returned, is a failed result; a faulty one, and any bug, is raised."""
    try:
        return outcome(await registration.handle(command))
    except CqrsError as error:
        return refusal(error)


def outcome(returned: Any) -> CommandResult[Any]:
    """What a handler returned, as a result. Raises: the error in it, if it is a fault."""
    if type(returned) is not CommandResult:
        return CommandResult(True, returned)
    if returned.error is not None and not returned.error.answered:
        raise returned.error
    return returned


def refusal(error: CqrsError) -> CommandResult[Any]:
    """The failed result of an error that is answered. Raises: any other one."""
    if not error.answered:
        raise error
    return CommandResult(False, error=error)


async def prepared(registration: Registration[Any], command: Command[Any, Any]) -> CommandResult[Any] | None:
    """Run the handler's `prepare` and keep its value for `handle`; a failed result where it refuses."""
    if registration.prepare is None:
        return None
    try:
        preparation.set(await registration.prepare(command))
    except CqrsError as error:
        return refusal(error)
    return None


def caused(command: Command[Any, Any], events: Sequence[DomainEvent[Any]]) -> tuple[DomainEvent[Any], ...]:
    """The events with the command's time, its id as their cause, its correlation id (see correlation_of) and its trace."""
    if not events:
        return ()
    causation = str(command.command_id)
    correlation, trace = str(correlation_of(command.metadata, causation)), trace_of(carried.get())
    return tuple(
        event.caused_by(timestamp=command.timestamp, causation_id=causation, correlation_id=correlation, trace=trace)
        for event in events
    )
