"""A subscription driven by hand: the test decides when the next event is handled."""

from __future__ import annotations

from typing import Any

from clone_cqrs.events.reading import next_settled
from clone_cqrs.events.settled import SettledReader
from clone_cqrs.events.stored import event_of
from clone_cqrs.events.subscriptions.delivery import EventHandler, Handlers
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database


class SteppedSubscription:
    """Hands the log's settled events to handlers, one at each `step`, in this task: what a handler raises, the test sees.

        subscription = SteppedSubscription(database)
        subscription.on(AccountOpened, send_welcome)
        await subscription.step()

    position: up to which everything is handled; start: begin after it. handler_timeout: seconds. Stores nothing.
    """

    def __init__(self, database: Database, *, start: int = 0, handler_timeout: float = 30.0) -> None:
        self._reader = SettledReader(database, start)
        self._handlers = Handlers()
        self._handler_timeout = handler_timeout

    @property
    def position(self) -> int:
        """Everything up to it is handled, or of types that nobody asked for."""
        return self._reader.checkpoint

    def on(self, event_type: str | type[DomainEvent[Any]], handler: EventHandler) -> None:
        """Call `handler(event)` for a type, or its class, "*" for every one."""
        name = event_type if isinstance(event_type, str) else event_type.type_name
        if not name:
            raise ValueError("on(): the event class has no type")
        self._handlers.on(name, handler)

    async def step(self) -> DomainEvent[Any] | None:
        """Handle the next event that any handler wants, and return it; None when there is none that is settled.

        Raises: what a handler raises, UnreadableEventError; the same event comes again at the next step then.
        """
        while True:
            before = self._reader.checkpoint
            rows = await next_settled(self._reader, 1, self._handlers.types)
            if not rows:
                return None
            if self._handlers.wants(rows[0]["event_type"]):
                try:
                    event = event_of(rows[0])
                    await self._handlers.deliver(event, self._handler_timeout)
                except BaseException:
                    self._reader.checkpoint = before
                    raise
                return event

    async def run(self) -> list[DomainEvent[Any]]:
        """Step until there is nothing left; returns the events handled."""
        handled = []
        while (event := await self.step()) is not None:
            handled.append(event)
        return handled
