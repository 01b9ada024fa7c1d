"""The workers of one process for one named subscription: as many partitions as its fair share."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import timedelta
from math import ceil

from clone_cqrs.errors import NotFoundError
from clone_cqrs.events.own_connection import OwnConnection
from clone_cqrs.events.subscriptions.delivery import Handlers, describe
from clone_cqrs.events.subscriptions.lease import Lease, LeaseLostError
from clone_cqrs.events.subscriptions.settings import SubscriptionSettings
from clone_cqrs.events.subscriptions.settle import settled_head
from clone_cqrs.events.subscriptions.worker import PartitionWorker
from clone_cqrs.events.wakeups import Wakeups
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.telemetry import get_logger

_log = get_logger(__name__)
_PACKAGE = "clone_cqrs.events.subscriptions"
_CREATE = statement(_PACKAGE, "create_subscription")
_READ = statement(_PACKAGE, "read_subscription")
_TELL_ALIVE = statement(_PACKAGE, "tell_alive")
_TELL_GONE = statement(_PACKAGE, "tell_gone")
_OUTAGE_PAUSE_S = (0.1, 5.0)


class Crew:
    """Takes free partitions, up to its share, and runs a worker on each; gives back what is above it."""

    def __init__(
        self,
        database: Database,
        name: str,
        owner: str,
        handlers: Handlers,
        settings: SubscriptionSettings,
        wakeups: Wakeups,
    ) -> None:
        self._database = database
        self._name = name
        self._owner = owner
        self._handlers = handlers
        self._settings = settings
        self._wakeups = wakeups
        self._workers: dict[asyncio.Task[None], PartitionWorker] = {}
        self._stopping = asyncio.Event()
        self._pause_s = _OUTAGE_PAUSE_S[0]

    @classmethod
    async def begin(
        cls,
        database: Database,
        name: str,
        owner: str,
        handlers: Handlers,
        settings: SubscriptionSettings,
        wakeups: Wakeups,
    ) -> Crew:
        """Make the subscription where it is new. Raises: ValueError where it exists with other settings."""
        crew = cls(database, name, owner, handlers, settings, wakeups)
        # Before anything is looked at, so that nobody removes the subscription between that and the first lease.
        await crew._tell_alive()
        try:
            await crew._agree()
        except BaseException:
            await crew._leave()
            raise
        return crew

    async def _agree(self) -> None:
        agreed = self._settings.agreed()
        rows = await self._database.fetch(_READ, self._name)
        if not rows:
            start = self._settings.start
            first = start if isinstance(start, int) else 0 if start == "beginning" else await settled_head(self._database)
            await self._database.execute(_CREATE, self._name, self._settings.partitions, first, json.dumps(agreed))
            rows = await self._database.fetch(_READ, self._name)
        stored = json.loads(rows[0]["settings"])
        if stored != agreed or len(rows) != self._settings.partitions:
            different = ", ".join(f"{key}={stored[key]!r}" for key in agreed if stored.get(key) != agreed[key])
            raise ValueError(
                f"the subscription {self._name!r} exists with {different or f'{len(rows)} partitions'}: all processes must "
                "agree; to change it, stop them all and remove it (remove_subscription), or choose a new name"
            )

    def stop(self) -> None:
        """Let every worker finish what it has at hand."""
        self._stopping.set()
        for worker in self._workers.values():
            worker.stop()
        self._wakeups.wake()

    async def run(self) -> None:
        """Keep the share of this process at work until stopped, through any outage of the database."""
        try:
            while not self._stopping.is_set():
                try:
                    await self._keep_share()
                except Exception as error:
                    _log.warning("subscription_interrupted", subscription=self._name, error=describe(error)[0])
                    await self._wait_out()
                else:
                    await self._wait(min(self._settings.lease / 3, 2.0))
        finally:
            for worker in self._workers.values():
                worker.stop()
            await asyncio.gather(*self._workers, return_exceptions=True)
            await self._leave()

    async def _keep_share(self) -> None:
        share = ceil(self._settings.partitions / await self._tell_alive())
        mine = [worker for worker in self._workers.values() if not worker.is_stopping]
        for worker in mine[share:]:
            worker.stop()
        for _ in range(share - len(mine)):
            taken = [worker.partition for worker in self._workers.values()]
            own = OwnConnection(self._database)
            try:
                lease = await Lease.acquire(own, self._name, owner=self._owner, not_these=taken, seconds=self._settings.lease)
            except BaseException:
                own.close()
                raise
            if lease is None:
                own.close()
                if not self._workers and not await self._database.fetch(_READ, self._name):
                    raise NotFoundError(f"the subscription {self._name!r} was removed while this process slept: start it anew")
                break
            worker = PartitionWorker(self._database, own, lease, self._handlers, self._settings, self._wakeups)
            self._workers[asyncio.create_task(worker.run())] = worker

    async def _tell_alive(self) -> int:
        """Say that this process works on the subscription; returns how many do."""
        async with asyncio.timeout(self._database.answer_within), self._database.acquire() as connection:
            workers: int = await connection.fetchval(
                _TELL_ALIVE, self._name, self._owner, timedelta(seconds=self._settings.lease)
            )
        return workers

    async def _wait(self, seconds: float) -> None:
        """Until the next look at the share, a worker's end, or the order to stop."""
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({stop, *self._workers}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
        for task in [task for task in self._workers if task.done()]:
            worker = self._workers.pop(task)
            error = task.exception() if not task.cancelled() else None
            if isinstance(error, LeaseLostError):
                _log.warning("partition_taken_over", subscription=self._name, partition=worker.partition)
            elif error is not None:
                _log.warning(
                    "partition_interrupted", subscription=self._name, partition=worker.partition, error=describe(error)[0]
                )
                if worker.has_progressed:
                    self._pause_s = _OUTAGE_PAUSE_S[0]
                # The same outage waits for the next worker; do not run around in circles.
                await self._wait_out()

    async def _wait_out(self) -> None:
        """A pause that grows until there is progress again, or the order to stop."""
        pause, self._pause_s = self._pause_s, min(self._pause_s * 2, _OUTAGE_PAUSE_S[1])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._stopping.wait()

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(self._database.answer_within), self._database.acquire() as connection:
                await connection.execute(_TELL_GONE, self._name, self._owner)
        except Exception as error:
            _log.warning("subscription_left_without_goodbye", subscription=self._name, error=describe(error)[0])
