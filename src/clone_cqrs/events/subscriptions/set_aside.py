"""Aggregates that a partition holds back, because one of their events failed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg

from clone_cqrs.events.settled import Connections
from clone_cqrs.events.subscriptions.delivery import describe, is_outage
from clone_cqrs.events.subscriptions.lease import Lease
from clone_cqrs.events.subscriptions.settings import RetryPolicy
from clone_cqrs.postgres.statements import statement

_PACKAGE = "clone_cqrs.events.subscriptions"
_SET_ASIDE = statement(_PACKAGE, "set_aside")
_READ = statement(_PACKAGE, "read_set_aside")
_NEXT = statement(_PACKAGE, "next_of_aggregate")
_RELEASE_NEXT = statement(_PACKAGE, "release_next")
_LET_GO = statement(_PACKAGE, "let_go")

Aggregate = tuple[str, str]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """One aggregate, held back at `position`. due: by this process's monotonic clock; never for a dead letter."""

    aggregate: Aggregate
    position: int
    state: str
    attempts: int
    due: float

    @property
    def actionable(self) -> bool:
        """Whether the worker should do something about it now."""
        return self.state != "dead" and self.due <= time.monotonic()


class SetAside:
    """The held back aggregates of one owned partition: in memory for looking up, in cqrs.set_aside for keeping."""

    def __init__(self, database: Connections, lease: Lease, retries: RetryPolicy, types: list[str] | None) -> None:
        self._database = database
        self._lease = lease
        self._retries = retries
        self._types = types
        self._held: dict[Aggregate, HeldBack] = {}

    def holds(self, aggregate: Aggregate) -> bool:
        """Whether events of this aggregate have to wait."""
        return aggregate in self._held

    def actionable(self) -> list[HeldBack]:
        """Those whose time has come, in order of position."""
        return [held for held in self._held.values() if held.actionable]

    def seconds_to_next(self) -> float | None:
        """Until the next one is due; None when there is none to wait for."""
        due = [held.due for held in self._held.values() if held.state != "dead"]
        return max(0.0, min(due) - time.monotonic()) if due else None

    async def load(self) -> None:
        """Read what is stored: at the start, and now and then, because people decide about dead letters elsewhere."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(_READ, self._lease.name, self._lease.partition)
        now = time.monotonic()
        self._held = {
            (row["aggregate_type"], row["aggregate_id"]): HeldBack(
                (row["aggregate_type"], row["aggregate_id"]),
                row["position"],
                row["state"],
                row["attempts"],
                now + max(0.0, row["due_s"]) if row["state"] == "retrying" else now,
            )
            for row in rows
        }

    async def add(self, event: Any, error: BaseException, attempts: int, checkpoint: int) -> HeldBack:
        """Hold an event's aggregate back, and move the checkpoint to `checkpoint`, in one transaction.

        event: a row of the log. attempts: failed ones so far, this one included; too many make it a dead letter, unless the
        handler's world is not there: that is waited for.
        """
        dead = attempts >= self._retries.attempts and not is_outage(error)
        delay = timedelta(0) if dead else self._retries.delay_after(attempts)
        text, trace = describe(error)
        aggregate = (event["aggregate_type"], event["aggregate_id"])
        state = "dead" if dead else "retrying"
        async with self._database.acquire() as connection, connection.transaction():
            await self._lease.move(checkpoint, connection)
            await connection.execute(
                _SET_ASIDE,
                self._lease.name,
                self._lease.partition,
                *aggregate,
                event["position"],
                event["event_id"],
                event["event_type"],
                state,
                attempts,
                delay,
                _storable(text),
                _storable(trace),
            )
        held = HeldBack(aggregate, event["position"], state, attempts, time.monotonic() + delay.total_seconds())
        self._held[aggregate] = held
        return held

    async def move_on(self, held: HeldBack, checkpoint: int, connection: asyncpg.Connection) -> HeldBack | None:
        """The held back event is done with: hold the aggregate's next one up to the checkpoint, or nothing any more.

        Writes in the transaction of `connection`; `moved_on` has to be called after its commit.
        """
        following = await connection.fetchrow(_NEXT, *held.aggregate, held.position, checkpoint, self._types)
        if following is None:
            await connection.execute(_LET_GO, self._lease.name, *held.aggregate)
            return None
        await connection.execute(_RELEASE_NEXT, self._lease.name, *held.aggregate, *following)
        return HeldBack(held.aggregate, following["position"], "released", 0, time.monotonic())

    def moved_on(self, held: HeldBack, following: HeldBack | None) -> None:
        """The transaction of `move_on` has committed."""
        if following is None:
            del self._held[held.aggregate]
        else:
            self._held[held.aggregate] = following


def _storable(text: str) -> str:
    return text.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")
