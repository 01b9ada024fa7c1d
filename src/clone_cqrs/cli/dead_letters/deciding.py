"""`dead-letters retry` and `discard`."""

from __future__ import annotations

import sys
from typing import Literal

from clone_cqrs.cli.application import operated_application
from clone_cqrs.cli.asking import require_consent
from clone_cqrs.cli.dead_letters.filters import Filter
from clone_cqrs.cli.dead_letters.looking import summary, told_letters
from clone_cqrs.cli.faults import FaultError
from clone_cqrs.cli.screens import message_screen, print_json, print_text, result_screen
from clone_cqrs.events import DeadLetters, subscription_states
from clone_cqrs.postgres import Database

Decision = Literal["retry", "discard"]


async def decide(
    decision: Decision, chosen: Filter, dry_run: bool, yes: bool, app: str, dsn: str | None, as_json: bool
) -> None:
    """Do it, after asking; print which: {"retried" or "discarded": [...], "dryRun"}."""
    chosen.require_some()
    async with operated_application(app, dsn) as application:
        letters = DeadLetters(application.database)
        found = await letters.list(**chosen.facts())
        if chosen.position is not None and not found:
            raise FaultError(await _why_none(letters, chosen))
        if found and not dry_run:
            if not yes:
                if sys.stdin.isatty():
                    message_screen().print(told_letters(found), soft_wrap=True)
                require_consent(f"{decision.capitalize()} {len(found)} dead letter{'s' if len(found) > 1 else ''}?")
            act = letters.retry if decision == "retry" else letters.discard
            found = await act(**chosen.facts(), all=chosen.everything)
        done = "retried" if decision == "retry" else "discarded"
        if as_json:
            print_json({done: [summary(letter) for letter in found], "dryRun": dry_run})
            return
        if found:
            result_screen().print(told_letters(found), soft_wrap=True)
        print_text(f"{len(found)} {f'would be {done}' if dry_run else done}")
        if found and not dry_run:
            await _tell_without_worker(application.database, {letter.subscription for letter in found})


async def _why_none(letters: DeadLetters, chosen: Filter) -> str:
    trying = await letters.list(**chosen.facts(), retrying=True)
    if trying:
        return f"position {chosen.position} is no dead letter: it is {trying[0].state}"
    return f"there is no dead letter at position {chosen.position}; `clone-cqrs dead-letters list` tells those that there are"


async def _tell_without_worker(database: Database, subscriptions: set[str]) -> None:
    owned = {state.name for state in await subscription_states(database) if state.owner is not None}
    for name in sorted(subscriptions - owned):
        message_screen().print(f"no worker runs {name}: `clone-cqrs worker` does", markup=False, soft_wrap=True)
