"""Executing the lines of an import, one after another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from clone_cqrs.cli.faults import sentence_of
from clone_cqrs.cli.importing.lines import Line
from clone_cqrs.cli.importing.tally import Tally
from clone_cqrs.commands import CommandBus
from clone_cqrs.errors import CqrsError, InternalError, MalformedMessageError
from clone_cqrs.messages import CommandResult


class HandlerBugError(InternalError):
    """A line whose handler failed with something that is no outcome. Nothing of the line was stored."""


async def import_lines(
    commands: CommandBus,
    lines: AsyncIterator[Line],
    tally: Tally,
    *,
    on_refused: Callable[[int, CqrsError], None] = lambda _number, _error: None,
    on_bug: Callable[[int, Exception], None] = lambda _number, _bug: None,
    on_line: Callable[[], None] = lambda: None,
) -> None:
    """Execute every line as the actor that it names, each in its own transaction, in the order of the file.

    One after another, never side by side: later lines build on earlier ones, also across users (an email is unique among all
    of them), and what a file comes to must not depend on the machine. Raises: what an outage makes `execute_message` raise;
    what was executed until then stays, and is counted in `tally`.
    """
    async for line in lines:
        try:
            result = await _outcome(commands, line.text)
        except Exception as error:
            if sentence_of(error) is not None:
                raise
            on_bug(line.number, error)
            result = CommandResult(False, error=HandlerBugError(f"the handler failed: {type(error).__name__}"))
        tally.count(line.number, result)
        if result.error is not None:
            on_refused(line.number, result.error)
        on_line()


async def _outcome(commands: CommandBus, text: bytes | None) -> CommandResult[Any]:
    if text is None:
        return CommandResult(False, error=MalformedMessageError("larger than 1 MiB"))
    # roles=None: an operator's tool speaks for the process itself; "system" has its role then, and nobody any other.
    return await commands.execute_message(text, roles=None)
