"""Wake-ups: who waits for the log hears of a commit at once, and polls in case it did not."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from clone_cqrs.events.own_connection import OwnConnection
from clone_cqrs.postgres.database import Database
from clone_cqrs.telemetry import get_logger
from clone_cqrs.telemetry.context import unbound

CHANNEL: Final = "cqrs_event"
_RECONNECT_S: Final = (0.1, 5.0)
_log = get_logger(__name__)


class Wakeups:
    """One per database and process. `count` grows with every wake-up; nothing is missed between looking and waiting."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiters: set[asyncio.Future[None]] = set()
        self._progress: set[asyncio.Future[None]] = set()
        self._listening: asyncio.Task[None] | None = None
        self._users = 0
        self.count = 0
        database.on_commit(lambda _events: self.wake())

    @classmethod
    def of(cls, database: Database) -> Wakeups:
        """The one of a database."""
        return database.companion(cls)

    async def start(self) -> None:
        """Listen to other processes. As many `stop` calls end it."""
        self._users += 1
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen(), context=unbound())

    async def stop(self) -> None:
        """Listen no more, once nobody needs it."""
        self._users -= 1
        if self._users == 0 and self._listening is not None:
            # Taken out first: whoever starts while this one ends gets a listener of his own.
            listening, self._listening = self._listening, None
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    def wake(self) -> None:
        """The log has grown."""
        self.count += 1
        _resolve(self._waiters)

    def progressed(self) -> None:
        """A subscription of this process has moved on."""
        _resolve(self._progress)

    async def wait(self, seen: int, timeout_s: float, stopping: asyncio.Event) -> None:
        """Until the log grows past what was `seen`, the time is over, or the worker is told to stop (within `timeout_s`)."""
        if self.count == seen and not stopping.is_set():
            await _wait_in(self._waiters, timeout_s)

    async def wait_for_progress(self, timeout_s: float) -> None:
        """Until a subscription of this process moves on, or the time is over."""
        await _wait_in(self._progress, timeout_s)

    async def _listen(self) -> None:
        pause = _RECONNECT_S[0]
        while True:
            lost = asyncio.Event()
            try:
                connection = await self._database.connect()
            except Exception:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _RECONNECT_S[1])
                continue
            try:
                connection.add_termination_listener(lambda _connection, lost=lost: lost.set())
                await connection.add_listener(CHANNEL, self._heard)
                pause = _RECONNECT_S[0]
                # Whatever was committed while nobody listened.
                self.wake()
                await lost.wait()
            except Exception as error:
                _log.warning("listener_interrupted", error=type(error).__name__)
            finally:
                connection.terminate()
            await asyncio.sleep(pause)

    def _heard(self, *_what: Any) -> None:
        self.wake()


def _resolve(waiters: set[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
    waiters.clear()


async def _wait_in(waiters: set[asyncio.Future[None]], timeout_s: float) -> None:
    waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiters.add(waiter)
    try:
        async with asyncio.timeout(timeout_s):
            await waiter
    except TimeoutError:
        pass
    finally:
        waiters.discard(waiter)


class Notifier:
    """Tells other processes that the log has grown: after the commit, outside of its transaction, many commits at once.

    NOTIFY inside the transaction takes a lock that all committing transactions of the server queue for.
    """

    _PAUSE_S: Final = 0.005
    # A NOTIFY is a transaction that writes, so that its COMMIT would wait for the disk, in turn with those of commands.
    # Nothing is lost with it in a crash: nobody is connected then to hear it.
    _STATEMENT: Final = f"SET LOCAL synchronous_commit = off; NOTIFY {CHANNEL}"

    def __init__(self, database: Database) -> None:
        self._own = OwnConnection(database)
        self._due = False
        self._task: asyncio.Task[None] | None = None
        database.on_close(self._close)

    @classmethod
    def of(cls, database: Database) -> Notifier:
        """The one of a database, so that all commits of a process share their notifications."""
        return database.companion(cls)

    def poke(self) -> None:
        """There was a commit. Costs nothing while a notification is on its way."""
        self._due = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._send(), context=unbound())

    async def _send(self) -> None:
        while self._due:
            self._due = False
            try:
                async with self._own.acquire() as connection:
                    await connection.execute(self._STATEMENT)
            except Exception:
                # Nobody is lost: whoever waits polls, too.
                return
            await asyncio.sleep(self._PAUSE_S)

    async def _close(self) -> None:
        """Send what is due, then let the connection go."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        self._own.close()
