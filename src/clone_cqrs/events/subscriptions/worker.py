"""Working on one owned partition: read, deliver, move the checkpoint; set aside what fails, and come back to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import asyncpg

from clone_cqrs.events.settled import SettledReader
from clone_cqrs.events.stored import event_of
from clone_cqrs.events.subscriptions.delivery import Handlers
from clone_cqrs.events.subscriptions.lease import Lease, LeaseLostError
from clone_cqrs.events.subscriptions.set_aside import HeldBack, SetAside
from clone_cqrs.events.subscriptions.settings import SubscriptionSettings
from clone_cqrs.events.wakeups import Wakeups
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.errors import is_unavailable
from clone_cqrs.postgres.statements import statement

_READ_EVENT = statement("clone_cqrs.events.subscriptions", "read_event")
_SAVE_EVERY_S = 1.0
_GAP_FIRST_S, _GAP_LONGEST_S = 0.001, 0.02


class PartitionWorker:
    """Runs until it is stopped, or until its lease is lost. Faults of handlers never end it; an outage of the database does."""

    def __init__(
        self, database: Database, lease: Lease, handlers: Handlers, settings: SubscriptionSettings, wakeups: Wakeups
    ) -> None:
        self._database = database
        self._lease = lease
        self._handlers = handlers
        self._settings = settings
        self._wakeups = wakeups
        self._set_aside = SetAside(database, lease, settings.retries, handlers.types)
        self._reader = SettledReader(database, lease.checkpoint)
        self._stopping = asyncio.Event()

    @property
    def partition(self) -> int:
        """The partition that it owns."""
        return self._lease.partition

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Finish the event at hand, store the checkpoint, and give the partition back."""
        self._stopping.set()
        self._wakeups.wake()

    async def run(self) -> None:
        """Work. Raises: LeaseLostError, and what an outage raises; the stored checkpoint is the truth then."""
        await self._set_aside.load()
        heartbeat = asyncio.create_task(self._heartbeat())
        working = asyncio.create_task(self._work())
        try:
            await asyncio.wait({heartbeat, working}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (heartbeat, working):
                task.cancel()
            ended = await asyncio.gather(heartbeat, working, return_exceptions=True)
        for error in ended:
            if isinstance(error, BaseException) and not isinstance(error, asyncio.CancelledError):
                raise error
        await self._lease.release()

    async def _heartbeat(self) -> None:
        """Keep the lease while a handler takes its time."""
        while True:
            await asyncio.sleep(self._settings.lease / 3)
            await self._lease.move(self._lease.checkpoint)

    async def _work(self) -> None:
        gap_pause = _GAP_FIRST_S
        looked_at = time.monotonic()
        types = self._handlers.types
        while not self._stopping.is_set():
            if time.monotonic() - looked_at >= self._settings.poll:
                await self._set_aside.load()
                looked_at = time.monotonic()
            for held in self._set_aside.actionable():
                await self._again(held)
            seen = self._wakeups.count
            rows = await self._reader.read(self._settings.batch_size, types)
            if rows:
                gap_pause = _GAP_FIRST_S
                await (self._process_exactly_once(rows) if self._settings.exactly_once else self._process(rows))
            elif self._reader.waits_for_writers:
                await asyncio.sleep(gap_pause)
                gap_pause = min(gap_pause * 2, _GAP_LONGEST_S)
            else:
                due = self._set_aside.seconds_to_next()
                pause = self._settings.poll if due is None else min(due, self._settings.poll)
                await self._wakeups.wait(seen, pause, self._stopping)

    def _mine(self, row: asyncpg.Record) -> bool:
        partitions = self._settings.partitions
        if not self._handlers.wants(row["event_type"]):
            return False
        return partitions == 1 or partition_of(row["aggregate_type"], row["aggregate_id"], partitions) == self._lease.partition

    async def _process(self, rows: Sequence[asyncpg.Record]) -> None:
        saved = time.monotonic()
        position = self._lease.checkpoint
        for row in rows:
            if self._mine(row) and not self._set_aside.holds((row["aggregate_type"], row["aggregate_id"])):
                error = await self._deliver(row)
                if error is not None:
                    await self._set_aside.add(row, error, 1, row["position"])
            position = row["position"]
            if self._stopping.is_set():
                break
            if time.monotonic() - saved > _SAVE_EVERY_S:
                await self._lease.move(position)
                saved = time.monotonic()
        await self._reached(position)

    async def _process_exactly_once(self, rows: Sequence[asyncpg.Record]) -> None:
        """The whole batch in one transaction with its checkpoint; where that fails, each event in one of its own."""
        wanted = [row for row in rows if self._mine(row)]
        last: int = rows[-1]["position"]
        if not wanted:
            await self._reached(last)
            return
        try:
            await self._in_transaction(wanted, last)
        except Exception as error:
            _failure_of_handler(error)
        else:
            self._lease.checkpoint = last
            self._wakeups.progressed()
            return
        for row in wanted:
            try:
                await self._in_transaction([row], row["position"])
            except Exception as error:
                await self._set_aside.add(row, _failure_of_handler(error), 1, row["position"])
            self._lease.checkpoint = row["position"]
        await self._reached(last)

    async def _in_transaction(self, rows: Sequence[asyncpg.Record], checkpoint: int) -> None:
        async with self._database.transaction() as connection:
            for row in rows:
                if not self._set_aside.holds((row["aggregate_type"], row["aggregate_id"])):
                    await self._deliver_inside(row)
            await self._lease.move(checkpoint, connection)

    async def _deliver_inside(self, row: asyncpg.Record) -> None:
        error = await self._deliver(row)
        if error is not None:
            raise _HandlerFailedError from error

    async def _deliver(self, row: asyncpg.Record) -> Exception | None:
        try:
            await self._handlers.deliver(event_of(row), self._settings.handler_timeout)
        except Exception as error:
            return error
        return None

    async def _again(self, held: HeldBack) -> None:
        """Try a held back event again, or go on without it where a person said so."""
        checkpoint = self._lease.checkpoint
        async with self._database.acquire() as reading:
            row = await reading.fetchrow(_READ_EVENT, held.position)
        error: Exception | None = None
        if self._settings.exactly_once:
            try:
                async with self._database.transaction() as connection:
                    if held.state != "discarded" and row is not None:
                        await self._deliver_inside(row)
                    following = await self._finish(held, checkpoint, connection)
            except Exception as failed:
                error = _failure_of_handler(failed)
        else:
            if held.state != "discarded" and row is not None:
                error = await self._deliver(row)
            if error is None:
                async with self._database.acquire() as writing, writing.transaction():
                    following = await self._finish(held, checkpoint, writing)
        if error is None:
            self._set_aside.moved_on(held, following)
            self._wakeups.progressed()
        else:
            await self._set_aside.add(row, error, held.attempts + 1, checkpoint)

    async def _finish(self, held: HeldBack, checkpoint: int, connection: Any) -> HeldBack | None:
        await self._lease.move(checkpoint, connection)
        return await self._set_aside.move_on(held, checkpoint, connection)

    async def _reached(self, position: int) -> None:
        await self._lease.move(position)
        self._reader.checkpoint = position
        self._wakeups.progressed()


class _HandlerFailedError(Exception):
    """A handler's own failure, in a transaction that has to be rolled back for it."""


def _failure_of_handler(error: Exception) -> Exception:
    """The error to set an event aside with. Raises: `error` itself where the lease is lost or the database is not there."""
    if isinstance(error, _HandlerFailedError) and isinstance(error.__cause__, Exception):
        # Also a TimeoutError or a refused connection: those of a handler are about its own world.
        return error.__cause__
    if isinstance(error, LeaseLostError) or is_unavailable(error):
        raise error
    return error


def partition_of(aggregate_type: str, aggregate_id: str, partitions: int) -> int:
    """The partition that an aggregate's events belong to; the same in every process and version."""
    return crc32(f"{aggregate_type}/{aggregate_id}".encode()) % partitions
