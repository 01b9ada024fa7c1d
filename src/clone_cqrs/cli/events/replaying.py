"""`events replay`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clone_cqrs.cli.application import operated_application
from clone_cqrs.cli.faults import UsageFaultError
from clone_cqrs.cli.screens import message_screen, print_json, print_text
from clone_cqrs.events import EventLog, EventSubscriber
from clone_cqrs.events.subscriptions.delivery import EventHandler
from clone_cqrs.messages import DomainEvent

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application


@dataclass(frozen=True)
class Range:
    """Positions, both inclusive; until=None: to the end of the log."""

    first: int
    until: int | None


async def replay_events(
    subscription: str, name: str, wanted: Range, keep: bool, app: str, dsn: str | None, as_json: bool
) -> None:
    """Replay, with a bar; print {"subscription", "from", "until", "kept"}: where it went through."""
    if wanted.until is not None and wanted.until < wanted.first:
        raise UsageFaultError(f"--until {wanted.until} comes before --from {wanted.first}")
    async with operated_application(app, dsn) as application:
        source = _subscription(application, subscription)
        log = EventLog(application.database)
        handlers: dict[str | type[DomainEvent[Any]], EventHandler] = dict.fromkeys(source.event_types or ("*",), source.deliver)
        with _shown_progress(name) as progress:
            try:
                end = await log.replay(
                    name,
                    handlers,
                    after=wanted.first - 1,
                    until=wanted.until,
                    exactly_once=source.settings.exactly_once,
                    retries=source.settings.retries,
                    progress=progress,
                    keep=keep,
                )
            except ValueError as wrong:
                raise UsageFaultError(str(wrong)) from wrong
    if as_json:
        print_json({"subscription": name, "from": wanted.first, "until": end, "kept": keep})
        return
    stays = f"; the subscription {name} stays, its checkpoint there" if keep else ""
    print_text(f"replayed the positions {wanted.first} to {end}{stays}")


def _subscription(application: Application, name: str) -> EventSubscriber:
    for subscription in application.subscriptions:
        if subscription.name == name:
            return subscription
    named = [subscription.name for subscription in application.subscriptions if subscription.name is not None]
    raise UsageFaultError(f"the application has no subscription {name!r}; it has {', '.join(named) or 'none'}")


@contextmanager
def _shown_progress(name: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal's stderr, by positions."""
    screen = message_screen()
    if not screen.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
