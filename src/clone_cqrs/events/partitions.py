"""Partitions of the log, made ahead of need by whoever writes."""

from __future__ import annotations

import asyncio

from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.errors import CHECK_VIOLATION, sqlstate_of
from clone_cqrs.telemetry.context import unbound

_ENSURE = "SELECT cqrs.ensure_partitions()"
_ROWS = "SELECT partition_rows FROM cqrs.installation"


class PartitionKeeper:
    """Watches positions go by, and makes the next partition while the last but one is being filled."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._act_at: int | None = 0
        self._making: asyncio.Task[None] | None = None

    def saw(self, position: int | None) -> None:
        """A position was written. Costs a comparison; starts a task when partitions run short."""
        if position is not None and self._act_at is not None and position >= self._act_at:
            self._act_at = None
            self._making = asyncio.create_task(self._make_ahead(), context=unbound())

    async def made_room_after(self, error: BaseException) -> bool:
        """Whether `error` was the lack of a partition, and there is one now."""
        if sqlstate_of(error) != CHECK_VIOLATION or getattr(error, "constraint_name", None) is not None:
            return False
        if (getattr(error, "schema_name", None), getattr(error, "table_name", None)) != ("cqrs", "event"):
            return False
        await self._make()
        return True

    async def _make_ahead(self) -> None:
        try:
            await self._make()
        except Exception:
            # Nobody waits for this; made_room_after is the net below it.
            return

    async def _make(self) -> None:
        try:
            async with self._database.acquire() as connection:
                end = await connection.fetchval(_ENSURE)
                rows = await connection.fetchval(_ROWS)
        except BaseException:
            # Whoever writes next tries again; a missing partition stops nobody for good (see made_room_after).
            self._act_at = 0
            raise
        self._act_at = end - rows
