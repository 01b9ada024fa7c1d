"""`events tail`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from clone_cqrs.cli.application import operated_application
from clone_cqrs.cli.events.told import event_line, told_event
from clone_cqrs.cli.screens import message_screen, print_json, print_text
from clone_cqrs.events import EventLog, EventSubscriber
from clone_cqrs.events.reading import log_head
from clone_cqrs.inspection.declared import declared_events
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database

_AHEAD = 1_000
_AS_LONG_AS_IT_TAKES_S = 30 * 24 * 3600.0


@dataclass(frozen=True)
class Choice:
    """Which events: types may hold wildcards; last: positions before the end, where `first` does not say where to begin."""

    types: tuple[str, ...]
    aggregate_id: str | None
    first: int | None
    last: int

    def takes(self, event: DomainEvent[Any]) -> bool:
        """Whether an event is one of them."""
        of_type = not self.types or any(fnmatchcase(event.event_type, pattern) for pattern in self.types)
        return of_type and self.aggregate_id in (None, event.aggregate_id)

    @property
    def exact_types(self) -> tuple[str, ...]:
        """Its types where none of them has a wildcard, so that the server need not send the others; else none."""
        return () if any(set("*?[") & set(pattern) for pattern in self.types) else self.types


async def tail_events(choice: Choice, follow: bool, unmasked: bool, app: str, dsn: str | None, as_json: bool) -> None:
    """Print them, a line each."""
    async with operated_application(app, dsn) as application:
        database = application.database
        _warn_of_unknown_types(choice)
        after = choice.first - 1 if choice.first is not None else max(0, await log_head(database) - choice.last)
        async with aclosing(_followed(database, choice, after) if follow else _read(database, choice, after)) as events:
            async for event in events:
                if choice.takes(event):
                    told = told_event(event, unmasked=unmasked)
                    print_json(told) if as_json else print_text(event_line(told))


async def _followed(database: Database, choice: Choice, after: int) -> AsyncGenerator[DomainEvent[Any], None]:
    waiting: asyncio.Queue[DomainEvent[Any]] = asyncio.Queue(_AHEAD)
    # Whoever reads stdout may take his time; what cannot be read is told in the log at once, and not tried again.
    subscriber = EventSubscriber(database, start=after, retries=1, handler_timeout=_AS_LONG_AS_IT_TAKES_S)
    for event_type in choice.exact_types or ("*",):
        subscriber.on(event_type, waiting.put)
    await subscriber.start()
    message_screen().print("following the log; Ctrl-C ends it", style="dim")
    try:
        while True:
            yield await waiting.get()
    finally:
        while not waiting.empty():
            waiting.get_nowait()  # one that waits for room would keep the subscription from ending
        await subscriber.stop()


async def _read(database: Database, choice: Choice, after: int) -> AsyncGenerator[DomainEvent[Any], None]:
    async for event in EventLog(database).read(types=choice.exact_types or None, aggregate_id=choice.aggregate_id, after=after):
        yield event


def _warn_of_unknown_types(choice: Choice) -> None:
    known = declared_events()
    for name in choice.exact_types:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            message_screen().print(f"the application declares no event {name!r}{hint}", markup=False, soft_wrap=True)
