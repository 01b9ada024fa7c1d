"""The transport into a log: events of other sources get a position there, and every subscription hears of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clone_cqrs.errors import PublishError
from clone_cqrs.events.append import append_committed
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres.database import Database


class PostgresTransport:
    """Appends events to the log of a database, each call in one transaction: all of them, or none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def publish(self, events: Sequence[DomainEvent[Any]]) -> int:
        try:
            return len(await append_committed(self._database, events))
        except Exception as cause:
            raise PublishError(f"the log did not take the events ({type(cause).__name__})", unpublished=events) from cause

    async def close(self) -> None:
        return None
