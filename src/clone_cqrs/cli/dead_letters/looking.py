"""`dead-letters list` and `show`."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from clone_cqrs.cli.application import operated_application
from clone_cqrs.cli.dead_letters.filters import Filter
from clone_cqrs.cli.plain import plain
from clone_cqrs.cli.screens import print_json, print_pretty, print_text, result_screen
from clone_cqrs.events import DeadLetter, DeadLetters


async def list_letters(chosen: Filter, retrying: bool, app: str, dsn: str | None, as_json: bool) -> None:
    """Print a list: {"deadLetters": [...]}."""
    async with operated_application(app, dsn) as application:
        letters = await DeadLetters(application.database).list(**chosen.facts(), retrying=retrying)
    if as_json:
        print_json({"deadLetters": [summary(letter) for letter in letters]})
    elif letters:
        result_screen().print(told_letters(letters), soft_wrap=True)
    else:
        print_text("none")


async def show_letter(subscription: str, position: int, unmasked: bool, app: str, dsn: str | None, as_json: bool) -> None:
    """Print one: its summary, `trace` and `event`."""
    from clone_cqrs.cli.events.told import told_event

    async with operated_application(app, dsn) as application:
        letter = await DeadLetters(application.database).show(subscription, position)
    event = None if letter.event is None else told_event(letter.event, unmasked=unmasked)
    if as_json:
        print_json({**summary(letter), "trace": letter.trace, "event": event})
        return
    screen = result_screen()
    for name, value in summary(letter).items():
        screen.print(Text.assemble((f"{name:14}", "dim"), str(value)), soft_wrap=True)
    screen.print(Text("\nevent", "dim"))
    if event is None:
        print_text("not to be read: see the error, or the log no longer has it")
    else:
        print_pretty(event)
    screen.print(Text("\ntrace", "dim"))
    screen.print((letter.trace or "none").rstrip(), markup=False, soft_wrap=True)


def summary(letter: DeadLetter) -> dict[str, Any]:
    """A letter without its trace and its event."""
    return {
        "subscription": letter.subscription,
        "position": letter.position,
        "eventType": letter.event_type,
        "aggregateType": letter.aggregate_type,
        "aggregateId": letter.aggregate_id,
        "state": letter.state,
        "attempts": letter.attempts,
        "setAsideAt": plain(letter.set_aside_at),
        "retryAt": plain(letter.retry_at),
        "error": letter.error,
    }


def told_letters(letters: tuple[DeadLetter, ...]) -> Text:
    """Two lines for each: which it is, and its error."""
    told = Text()
    for letter in letters:
        aggregate = f"{letter.aggregate_type}/{letter.aggregate_id}"
        told.append(f"{letter.subscription} {letter.position}", "bold")
        told.append(f"  {letter.event_type}  {aggregate}  {letter.state} after {letter.attempts} attempts\n")
        told.append(f"  {letter.error or 'no error'}\n", "dim")
    told.rstrip()
    return told
