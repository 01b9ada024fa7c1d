"""Connections that wait between two uses, above asyncpg's pool."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any, Final, cast

import asyncpg

from clone_cqrs.postgres.connection import CommandConnection, is_gone
from clone_cqrs.telemetry import get_logger

_IDLE_S: Final = 300.0
"""A connection that nobody wanted for so long is closed."""
_LOST: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PoolUse:
    """size: connections at the most; in_use, idle: those open now; waiting: who waits for one."""

    size: int
    in_use: int
    idle: int
    waiting: int


class ConnectionPool:
    """At most `size` connections, the one used last given out first.

    asyncpg's pool opens, resets and closes them, and takes a task, a timer and a new proxy for each use. A connection that
    comes back clean needs none of that: it stays outside of asyncpg's pool, or goes straight to the next who waits. One that
    failed, was closed, or was in a caller's own hands takes the long way.

    A network that goes away says nothing: a connection that is not reset within `reset_within` seconds is cut off, and so are
    those that have not come back `close_within` seconds after `close`.
    """

    def __init__(self, pool: asyncpg.Pool, size: int, *, reset_within: float, close_within: float) -> None:
        self._pool = pool
        self._reset_within = reset_within
        self._close_within = close_within
        self._size = self._room = size
        """How many more may be taken out of asyncpg's pool."""
        self._given_up: set[CommandConnection] = set()
        self._idle: list[tuple[CommandConnection, float]] = []
        self._waiters: deque[asyncio.Future[CommandConnection | None]] = deque()
        self._closing = False
        self._sweeping: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    async def take(self) -> CommandConnection:
        """A connection, once there is one. Raises: whatever connecting raises."""
        while True:
            while self._idle:
                connection, _since = self._idle.pop()
                if not is_gone(connection):
                    return connection
                await self._let_go(connection)
            if self._room > 0:
                return await self._open()
            handed = await self._wait()
            if handed is not None:
                return handed

    def use(self) -> PoolUse:
        """How much of it is in use now."""
        idle = len(self._idle)
        waiting = sum(not waiter.done() for waiter in self._waiters)
        return PoolUse(self._size, max(0, self._size - self._room - idle), idle, waiting)

    async def put_back(self, connection: CommandConnection, *, clean: bool) -> None:
        """The end of a use. clean: nothing failed in it, and no transaction is open."""
        if not clean or self._closing or is_gone(connection) or connection.was_lent() or connection.is_in_transaction():
            await self._let_go(connection)
        else:
            self._hand_on(connection)

    def give_up(self, connection: CommandConnection) -> None:
        """A connection that is in use and gone makes room for another one, before its use has ended."""
        self._given_up.add(connection)
        self._make_room()

    async def close(self) -> None:
        """Close all connections, each when it comes back; after a time, cut off those that have not."""
        self._closing = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        try:
            async with asyncio.timeout(self._close_within):
                while self._idle:
                    await self._let_go(self._idle.pop()[0])
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()
            _log.warning("connections_cut_off", after_s=self._close_within)

    async def _open(self) -> CommandConnection:
        self._room -= 1
        try:
            return cast("CommandConnection", await self._pool.acquire())
        except BaseException:
            self._make_room()
            raise

    async def _wait(self) -> CommandConnection | None:
        """What is handed on; None when there is room for another connection instead."""
        waiter: asyncio.Future[CommandConnection | None] = self._loop.create_future()
        self._waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            # Cancelled after it was given something: that is the next one's.
            if waiter.done() and not waiter.cancelled():
                handed = waiter.result()
                if handed is None:
                    self._wake(None)
                else:
                    self._hand_on(handed)
            raise

    async def _let_go(self, connection: CommandConnection) -> None:
        try:
            await self._pool.release(cast("Any", connection), timeout=self._reset_within)
        except _LOST:
            # It could not be reset, and asyncpg has cut it off: whoever used it has what he wanted, or an error of his own.
            pass
        finally:
            if connection in self._given_up:
                self._given_up.remove(connection)
            else:
                self._make_room()

    def _make_room(self) -> None:
        self._room += 1
        self._wake(None)

    def _hand_on(self, connection: CommandConnection) -> None:
        if not self._wake(connection):
            self._idle.append((connection, self._loop.time()))
            if self._sweeping is None:
                self._sweeping = self._loop.call_later(_IDLE_S, self._sweep)

    def _wake(self, handed: CommandConnection | None) -> bool:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(handed)
                return True
        return False

    def _sweep(self) -> None:
        """Close what has been idle for too long: those at the bottom, because the last used is on top."""
        self._sweeping = None
        now = self._loop.time()
        kept = [(connection, since) for connection, since in self._idle if now - since < _IDLE_S]
        for connection, _since in self._idle[: len(self._idle) - len(kept)]:
            if not is_gone(connection):
                connection.terminate()
            self._make_room()
        self._idle = kept
        if kept:
            self._sweeping = self._loop.call_later(kept[0][1] + _IDLE_S - now, self._sweep)
