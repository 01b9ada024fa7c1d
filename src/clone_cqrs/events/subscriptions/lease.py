"""Ownership of one partition: a leased row with a growing epoch that every write of the owner checks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg

from clone_cqrs.events.settled import Connections
from clone_cqrs.postgres.statements import statement

_PACKAGE = "clone_cqrs.events.subscriptions"
_ACQUIRE = statement(_PACKAGE, "acquire_lease")
_MOVE = statement(_PACKAGE, "move_checkpoint")
_MOVE_ALONE = statement(_PACKAGE, "move_checkpoint_alone")
_RELEASE = statement(_PACKAGE, "release_lease")


class LeaseLostError(Exception):
    """Another worker owns the partition now; whatever this one was about to write is void."""


class Lease:
    """A partition, owned until the lease runs out or somebody takes it over.

    checkpoint: as stored. A worker that was stopped past its lease and wakes up still believes that it is the owner: it finds
    out at its first write, which changes nothing.
    """

    def __init__(self, database: Connections, name: str, partition: int, epoch: int, checkpoint: int, seconds: float) -> None:
        self._database = database
        self.name = name
        self.partition = partition
        self.epoch = epoch
        self.checkpoint = checkpoint
        self._length = timedelta(seconds=seconds)

    @classmethod
    async def acquire(
        cls, database: Connections, name: str, *, owner: str, not_these: list[int], seconds: float
    ) -> Lease | None:
        """Take a free partition, or one whose owner has been silent past its lease; None when there is none."""
        async with database.acquire() as connection:
            row = await connection.fetchrow(_ACQUIRE, name, not_these, owner, timedelta(seconds=seconds))
        return None if row is None else cls(database, name, row["partition"], row["epoch"], row["checkpoint"], seconds)

    async def move(self, checkpoint: int, connection: Any = None) -> None:
        """Store a checkpoint and renew the lease; in the transaction of `connection`, where one is given.

        Raises: LeaseLostError when another worker has taken over; nothing is written then.
        """
        sql = _MOVE if connection is not None else _MOVE_ALONE
        moved = await self._on(connection, sql, self.name, self.partition, self.epoch, checkpoint, self._length)
        if moved is None:
            raise LeaseLostError(f"{self.name}/{self.partition}: epoch {self.epoch} is over")
        if connection is None:
            self.reached(moved["checkpoint"])

    def reached(self, checkpoint: int) -> None:
        """A checkpoint is stored. It only grows: a heartbeat's answer may come after that of a later write."""
        self.checkpoint = max(self.checkpoint, checkpoint)

    async def release(self) -> None:
        """Give the partition back, so that another worker need not wait for the lease to run out."""
        async with self._database.acquire() as connection:
            await connection.execute(_RELEASE, self.name, self.partition, self.epoch)

    async def _on(self, given: Any, sql: str, *args: Any) -> asyncpg.Record | None:
        if given is not None:
            row: asyncpg.Record | None = await given.fetchrow(sql, *args)
            return row
        async with self._database.acquire() as connection:
            return await connection.fetchrow(sql, *args)
