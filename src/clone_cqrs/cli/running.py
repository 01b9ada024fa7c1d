"""Running the work of a command: on the fastest event loop there is, to an exit code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import typer
from rich.text import Text

from clone_cqrs.cli.faults import ExitCode, FaultError, sentence_of
from clone_cqrs.cli.screens import message_screen

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. What can be expected to fail becomes one line on stderr and an exit code; a bug, its traceback.

    Ctrl-C cancels `work`, which cleans up: a command whose COMMIT is under way is finished.
    """
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(work)
    except KeyboardInterrupt:
        fail("interrupted", ExitCode.INTERRUPTED)
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        fail(sentence, error.exit_code if isinstance(error, FaultError) else ExitCode.FAILED)


def fail(sentence: str, code: ExitCode = ExitCode.FAILED) -> NoReturn:
    """Say why, and end the program."""
    message_screen().print(Text.assemble(("error: ", "bold red"), sentence), soft_wrap=True)
    raise typer.Exit(code)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
