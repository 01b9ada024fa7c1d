"""Working on one owned partition: read, deliver, move the checkpoint; set aside what fails, and come back to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import asyncpg

from clone_cqrs.errors import TransactionScopeError
from clone_cqrs.events.own_connection import OwnConnection
from clone_cqrs.events.settled import SettledReader
from clone_cqrs.events.stored import event_of
from clone_cqrs.events.subscriptions.delivery import Handlers
from clone_cqrs.events.subscriptions.effects import Effects
from clone_cqrs.events.subscriptions.lease import Lease, LeaseLostError
from clone_cqrs.events.subscriptions.set_aside import HeldBack, SetAside
from clone_cqrs.events.subscriptions.settings import SubscriptionSettings
from clone_cqrs.events.wakeups import Wakeups
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.errors import is_unavailable
from clone_cqrs.postgres.statements import statement
from clone_cqrs.telemetry import get_logger
from clone_cqrs.telemetry.error_text import error_text

_log = get_logger(__name__)
_READ_EVENT = statement("clone_cqrs.events.subscriptions", "read_event")
_SAVE_EVERY_S = 1.0
_GAP_FIRST_S, _GAP_LONGEST_S = 0.001, 0.02


class PartitionWorker:
    """Runs until it is stopped, or until its lease is lost. Faults of handlers never end it; an outage of the database does."""

    def __init__(
        self,
        database: Database,
        own: OwnConnection,
        lease: Lease,
        handlers: Handlers,
        settings: SubscriptionSettings,
        wakeups: Wakeups,
    ) -> None:
        self._database = database
        self._own = own
        self._effects = Effects(database)
        self._lease = lease
        self._handlers = handlers
        self._settings = settings
        self._wakeups = wakeups
        self._set_aside = SetAside(own, lease, settings.retries, handlers.types)
        self._reader = SettledReader(own, lease.checkpoint)
        self._began_at = lease.checkpoint
        self._stopping = asyncio.Event()

    @property
    def partition(self) -> int:
        """The partition that it owns."""
        return self._lease.partition

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    @property
    def has_progressed(self) -> bool:
        """Whether its checkpoint has moved since it began."""
        return self._lease.checkpoint > self._began_at

    def stop(self) -> None:
        """Finish the event at hand, store the checkpoint, and give the partition back."""
        self._stopping.set()
        self._wakeups.wake()

    async def run(self) -> None:
        """Work. Raises: LeaseLostError, and what an outage raises; the stored checkpoint is the truth then."""
        try:
            await self._run()
        finally:
            self._own.close()
            self._effects.close()

    async def _run(self) -> None:
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
            await self._come_back()
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

    async def _come_back(self) -> None:
        """Try what is due again; for so long, because the log goes on."""
        began = time.monotonic()
        for held in self._set_aside.actionable():
            if self._stopping.is_set() or time.monotonic() - began > _SAVE_EVERY_S:
                return
            await self._again(held)

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
                    await self._settings.before_checkpoint()
                    await self._set_aside.add(row, error, 1, row["position"])
            position = row["position"]
            if self._stopping.is_set():
                break
            if time.monotonic() - saved > _SAVE_EVERY_S:
                await self._settings.before_checkpoint()
                await self._lease.move(position)
                saved = time.monotonic()
        await self._reached(position)

    async def _process_exactly_once(self, rows: Sequence[asyncpg.Record]) -> None:
        """As much of the batch as a moment allows in one transaction with its checkpoint; where that fails, one by one."""
        wanted = [row for row in rows if self._mine(row)]
        last: int = rows[-1]["position"]
        if not wanted:
            await self._reached(last)
            return
        try:
            reached = await self._in_transaction(wanted, last)
        except Exception as error:
            self._failure_of_handler(error)
        else:
            self._handled_up_to(reached)
            return
        for row in wanted:
            try:
                await self._in_transaction([row], row["position"])
            except Exception as error:
                await self._set_aside.add(row, self._failure_of_handler(error), 1, row["position"])
            self._handled_up_to(row["position"])
            if self._stopping.is_set():
                return
        await self._reached(last)

    async def _in_transaction(self, rows: Sequence[asyncpg.Record], last: int) -> int:
        """Handle rows, and store how far that went: `last`, unless it took too long, or the worker is told to stop."""
        began = time.monotonic()
        reached = last
        async with self._effects.transaction() as connection:
            await self._allow_for_slow_handlers(connection)
            for row in rows:
                if not self._set_aside.holds((row["aggregate_type"], row["aggregate_id"])):
                    await self._deliver_inside(row, connection)
                if row is not rows[-1] and (self._stopping.is_set() or time.monotonic() - began > _SAVE_EVERY_S):
                    reached = row["position"]
                    break
            # The heartbeat has another connection, and does not notice that this one is not answered any more.
            async with asyncio.timeout(self._database.answer_within):
                await self._lease.move(reached, connection)
        return reached

    async def _allow_for_slow_handlers(self, connection: asyncpg.Connection) -> None:
        # A handler that is idle in its transaction for less than its own time limit must not lose its session.
        longest = _SAVE_EVERY_S + self._settings.handler_timeout * self._handlers.most_at_once
        if longest >= self._database.idle_within:
            async with asyncio.timeout(self._database.answer_within):
                await connection.execute(f"SET LOCAL idle_in_transaction_session_timeout = {int((longest + 10) * 1000)}")

    async def _deliver_inside(self, row: asyncpg.Record, connection: asyncpg.Connection) -> None:
        error = await self._deliver(row)
        if error is None and not connection.is_in_transaction():
            error = TransactionScopeError(
                "the handler ended the transaction itself: COMMIT and ROLLBACK are the subscription's"
            )
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
        row = None
        if held.state != "discarded":
            async with self._own.acquire() as reading:
                row = await reading.fetchrow(_READ_EVENT, held.position)
            if row is None:
                _log.error("set_aside_event_is_gone", subscription=self._lease.name, position=held.position)
            elif not self._handlers.wants(row["event_type"]):
                # Set aside by a version of the program that still wanted this type.
                row = None
        error: Exception | None = None
        if self._settings.exactly_once:
            try:
                async with self._effects.transaction() as connection:
                    if row is not None:
                        await self._allow_for_slow_handlers(connection)
                        await self._deliver_inside(row, connection)
                    following = await self._finish(held, checkpoint, connection)
            except Exception as failed:
                error = self._failure_of_handler(failed)
        else:
            if row is not None:
                error = await self._deliver(row)
            await self._settings.before_checkpoint()
            if error is None:
                async with self._own.acquire() as writing, writing.transaction():
                    following = await self._finish(held, checkpoint, writing)
        if error is None:
            self._set_aside.moved_on(held, following)
            self._wakeups.progressed()
        elif row is not None:
            await self._set_aside.add(row, error, held.attempts + 1, checkpoint)
        else:
            raise error

    async def _finish(self, held: HeldBack, checkpoint: int, connection: Any) -> HeldBack | None:
        async with asyncio.timeout(self._database.answer_within):
            await self._lease.move(checkpoint, connection)
            return await self._set_aside.move_on(held, checkpoint, connection)

    def _failure_of_handler(self, error: Exception) -> Exception:
        """The error to set an event aside with. Raises: `error` itself, where the lease is lost or the database not there."""
        if isinstance(error, _HandlerFailedError) and isinstance(error.__cause__, Exception):
            # Also a TimeoutError or a refused connection: those of a handler are about its own world.
            cause = error.__cause__
            return (
                SessionEndedError(f"the session of the transaction ended ({error_text(cause)})").with_traceback(
                    cause.__traceback__
                )
                if self._effects.session_ended
                else cause
            )
        if isinstance(error, LeaseLostError | asyncpg.InterfaceError) or is_unavailable(error):
            # An InterfaceError here is a connection that was found closed.
            raise error
        return error

    def _handled_up_to(self, position: int) -> None:
        """A transaction has committed that stored this checkpoint."""
        self._lease.reached(position)
        self._reader.checkpoint = position
        self._wakeups.progressed()

    async def _reached(self, position: int) -> None:
        await self._settings.before_checkpoint()
        await self._lease.move(position)
        self._reader.checkpoint = position
        self._wakeups.progressed()


class _HandlerFailedError(Exception):
    """A handler's own failure, in a transaction that has to be rolled back for it."""


class SessionEndedError(Exception):
    """The handler failed, and the session of its transaction was gone. That is no outage: the set aside event is written."""


def partition_of(aggregate_type: str, aggregate_id: str, partitions: int) -> int:
    """The partition that an aggregate's events belong to; the same in every process and version."""
    return crc32(f"{aggregate_type}/{aggregate_id}".encode()) % partitions
