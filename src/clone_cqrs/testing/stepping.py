"""A subscription driven by hand: the test decides when the next event is handled."""

from __future__ import annotations

from typing import Any

from clone_cqrs.events.settled import SettledReader
from clone_cqrs.events.stored import event_of
from clone_cqrs.events.subscriptions.delivery import EventHandler, Handlers
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database


class SteppedSubscription:
    """Hands the log's settled events to handlers, one at each `step`, in this task: what a handler raises, the test sees.

    position: of the last event handled; start: begin after it. Stores nothing.
    """

    def __init__(self, database: Database, *, start: int = 0) -> None:
        self._reader = SettledReader(database, start)
        self._handlers = Handlers()
        self.position = start

    def on(self, event_type: str, handler: EventHandler) -> None:
        """Call `handler(event)` for a type, "*" for every one."""
        self._handlers.on(event_type, handler)

    async def step(self) -> DomainEvent[Any] | None:
        """Handle the next event that any handler wants, and return it; None when there is none.

        Raises: what a handler raises; the same event comes again at the next step then.
        """
        while rows := await self._reader.read(1, self._handlers.types):
            if self._handlers.wants(rows[0]["event_type"]):
                event = event_of(rows[0])
                try:
                    await self._handlers.deliver(event, 60.0)
                except BaseException:
                    self._reader.checkpoint = self.position
                    raise
                self.position = rows[0]["position"]
                return event
            self.position = rows[0]["position"]
        return None

    async def run(self) -> list[DomainEvent[Any]]:
        """Step until there is nothing left; returns the events handled."""
        handled = []
        while (event := await self.step()) is not None:
            handled.append(event)
        return handled
