"""DeadLetters: events that failed too often, to be looked at, tried again, or given up by a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clone_cqrs.errors import NotFoundError
from clone_cqrs.events.stored import UnreadableEventError, event_of
from clone_cqrs.events.wakeups import Notifier, Wakeups
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.telemetry import get_logger

_PACKAGE = "clone_cqrs.events.subscriptions"
_LIST = statement(_PACKAGE, "list_dead_letters")
_DECIDE = statement(_PACKAGE, "decide_dead_letter")
_DEAD = ["dead"]
_HELD_BACK = ["dead", "retrying", "released", "discarded"]
_log = get_logger(__name__)


@dataclass(frozen=True)
class DeadLetter:
    """An event that a subscription holds back, and with it the later events of its aggregate.

    state: "dead", or "retrying" while there are attempts left; event: None where the log no longer has it, or it does not
    fit its type (then `error` says so); error, trace: of the last attempt, without values.
    """

    subscription: str
    position: int
    event_type: str
    aggregate_type: str
    aggregate_id: str
    state: str
    attempts: int
    retry_at: datetime
    set_aside_at: datetime
    error: str | None
    trace: str | None
    event: DomainEvent[Any] | None


class DeadLetters:
    """The dead letters of a database. Every filter is optional: subscription, position, event_type, aggregate_id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self,
        subscription: str | None = None,
        *,
        position: int | None = None,
        event_type: str | None = None,
        aggregate_id: str | None = None,
        retrying: bool = False,
    ) -> tuple[DeadLetter, ...]:
        """Dead letters in order of subscription and position; with `retrying` also what is still being tried."""
        states = _HELD_BACK if retrying else _DEAD
        rows = await self._database.fetch(_LIST, subscription, position, event_type, aggregate_id, states)
        return tuple(_letter(row) for row in rows)

    async def show(self, subscription: str, position: int) -> DeadLetter:
        """One, dead or still being tried. Raises: NotFoundError."""
        found = await self.list(subscription, position=position, retrying=True)
        if not found:
            raise NotFoundError(f"{subscription!r} holds nothing back at position {position}")
        return found[0]

    async def retry(
        self,
        subscription: str | None = None,
        *,
        position: int | None = None,
        event_type: str | None = None,
        aggregate_id: str | None = None,
        all: bool = False,
        dry_run: bool = False,
    ) -> tuple[DeadLetter, ...]:
        """Have dead letters handled again by their subscription's worker, with all attempts anew. Returns those it concerns.

        dry_run: only tell. Raises: ValueError without any filter, unless `all`.
        """
        _named_something(subscription, position, event_type, aggregate_id, all)
        letters = await self.list(subscription, position=position, event_type=event_type, aggregate_id=aggregate_id)
        return await self._decide(letters, "retrying", dry_run)

    async def discard(
        self,
        subscription: str | None = None,
        *,
        position: int | None = None,
        event_type: str | None = None,
        aggregate_id: str | None = None,
        all: bool = False,
        dry_run: bool = False,
    ) -> tuple[DeadLetter, ...]:
        """Give dead letters up: their subscription goes on with the aggregate's later events. As `retry` otherwise."""
        _named_something(subscription, position, event_type, aggregate_id, all)
        letters = await self.list(subscription, position=position, event_type=event_type, aggregate_id=aggregate_id)
        return await self._decide(letters, "discarded", dry_run)

    async def _decide(self, letters: tuple[DeadLetter, ...], state: str, dry_run: bool) -> tuple[DeadLetter, ...]:
        if dry_run:
            return letters
        decided = []
        for letter in letters:
            done = await self._database.fetch_value(
                _DECIDE, letter.subscription, letter.aggregate_type, letter.aggregate_id, letter.position, state
            )
            if done is not None:
                decided.append(letter)
                _log.info(f"dead_letter_{state}", subscription=letter.subscription, position=letter.position)
        Wakeups.of(self._database).wake()
        Notifier.of(self._database).poke()
        return tuple(decided)


def _named_something(*filters_and_all: object) -> None:
    if not any(chosen is not None and chosen is not False for chosen in filters_and_all):
        raise ValueError("name a subscription, a position, an event type or an aggregate, or say all=True")


def _letter(row: Any) -> DeadLetter:
    event: DomainEvent[Any] | None = None
    if row["payload"] is not None:
        try:
            event = event_of(row)
        except UnreadableEventError:
            event = None
    return DeadLetter(
        row["subscription"],
        row["position"],
        row["event_type"],
        row["aggregate_type"],
        row["aggregate_id"],
        row["state"],
        row["attempts"],
        row["retry_at"],
        row["set_aside_at"],
        row["error"],
        row["trace"],
        event,
    )
