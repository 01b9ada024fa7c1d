"""Asking before something is done that cannot be undone."""

from __future__ import annotations

import signal
import sys

import typer

from clone_cqrs.cli.faults import ExitCode, UsageFaultError
from clone_cqrs.cli.screens import message_screen


def require_consent(question: str) -> None:
    """Ask on the terminal; Ctrl-C ends the program as elsewhere.

    Raises: UsageFaultError where nobody is there to be asked; typer.Exit for anything but yes.
    """
    if not sys.stdin.isatty():
        raise UsageFaultError(f"nobody is there to be asked: {question} --yes says so")
    message_screen().print(f"{question} [y/N] ", end="", markup=False)
    # The event loop's own handler only cancels what runs, and would wait for the answer.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        answer = sys.stdin.readline()
    finally:
        signal.signal(signal.SIGINT, before)
    if answer.strip().lower() not in ("y", "yes"):
        raise typer.Exit(ExitCode.FAILED)
