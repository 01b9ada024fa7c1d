"""The canary: an event that goes all the way through, so that "lag zero" is never the only sign of life."""

from __future__ import annotations

import time
from typing import Final

from clone_cqrs.errors import StaleReadError
from clone_cqrs.events.append import append_committed
from clone_cqrs.events.subscriptions.waiting import progress_of
from clone_cqrs.events.wakeups import Wakeups
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres.database import Database

EVENT_TYPE: Final = "cqrs.canary"
AGGREGATE_TYPE: Final = "cqrs.canary"
_LOOK_EVERY_S = 0.02


async def send_canary(database: Database, subscription: str, *, timeout: float = 10.0) -> float:
    """Append an event that nobody needs, and wait until a subscription is past it. Returns the seconds that it took.

    Raises: StaleReadError after `timeout` seconds, which says what holds the subscription back.
    """
    canary: DomainEvent[dict[str, str]] = DomainEvent(
        event_type=EVENT_TYPE, aggregate_type=AGGREGATE_TYPE, aggregate_id=subscription, payload={"subscription": subscription}
    )
    began = time.monotonic()
    position = (await append_committed(database, (canary,)))[-1].position or 0
    wakeups = Wakeups.of(database)
    while not (progress := await progress_of(database, subscription, position)).done:
        if time.monotonic() - began > timeout:
            raise StaleReadError(f"the canary at position {position} is not through after {timeout:g} s: {progress}")
        await wakeups.wait_for_progress(_LOOK_EVERY_S)
    return time.monotonic() - began
