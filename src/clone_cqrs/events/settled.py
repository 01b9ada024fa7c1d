"""Reading the log without a gap: up to where every event is committed, or will never be.

The rule, its proof and its guards are in docs/decisions/0006-settled-position.md. In short: rows that follow the checkpoint
without a gap are safe. At a gap, the transactions that may still fill it are those that hold the log's lock now; once all of
them have ended, whatever is still missing was rolled back.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import asyncpg

from clone_cqrs.postgres.statements import statement

_READ_EVENTS = statement("clone_cqrs.events", "read_events")
_LOG_HOLDERS = statement("clone_cqrs.events", "log_holders")


class Connections(Protocol):
    """Where connections come from: a Database's pool, or a worker's one."""

    def acquire(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """A connection for one use."""
        ...


@dataclass(frozen=True, slots=True)
class Holders:
    """One reading of the log's lock holders, in one run of the server."""

    run: datetime
    live: frozenset[str] = frozenset()
    prepared: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Round:
    """Waiting at a gap: everything up to `upto` is settled once `waiting_for` is empty."""

    upto: int
    run: datetime
    waiting_for: set[str] = field(default_factory=set)
    prepared_added: bool = False


class SettledReader:
    """Reads the log from a checkpoint on, in order, skipping nothing. Each statement is its own READ COMMITTED transaction.

    checkpoint: the position of the last row handed out; never a position that was only waited for, because a number that
    was drawn and rolled back can be drawn again after a crash of the server. complete: whether the last `read` handed out all
    that was visible in the log when it began.
    """

    def __init__(self, database: Connections, checkpoint: int) -> None:
        self._database = database
        self._round: _Round | None = None
        self.checkpoint = checkpoint
        self.complete = False

    @property
    def waits_for_writers(self) -> frozenset[str]:
        """The transactions that hold the reader back; empty where nothing does."""
        return frozenset(self._round.waiting_for) if self._round is not None else frozenset()

    async def read(self, limit: int, types: list[str] | None = None) -> list[asyncpg.Record]:
        """The next rows, at most `limit`; empty when there are none, or none that is settled (then ask again).

        types: of the events whose content is wanted; rows of other types come without.
        """
        self.complete = False
        if self._round is not None:
            return await self._go_on(self._round, limit, types)
        rows = await self._fetch(None, limit, types)
        safe = self._contiguous(rows)
        self.complete = safe == len(rows) < limit
        if safe:
            return self._hand_out(rows[:safe])
        if not rows:
            return []
        # Order matters: the row at `upto` was seen committed before the holders are listed.
        upto: int = rows[-1]["position"]
        holders = await self._holders()
        self._round = _Round(upto, holders.run, set(holders.live | holders.prepared))
        return await self._go_on(self._round, limit, types, holders)

    async def peek(self, limit: int, types: list[str] | None = None) -> list[asyncpg.Record]:
        """The next rows that are visible, settled or not; others may still appear between them. The checkpoint stays."""
        return await self._fetch(None, limit, types)

    async def settle(self, upto: int) -> None:
        """Make sure that nothing up to a position seen committed can still appear, and put the checkpoint there.

        One step: done when the checkpoint is at `upto`; until then `waits_for_writers`, and it has to be called again.
        """
        now = await self._holders()
        if self._round is None or self._round.run != now.run:
            self._round = _Round(upto, now.run, set(now.live | now.prepared))
        if self._settled(self._round, now):
            self._round = None
            self.checkpoint = upto

    async def _go_on(
        self, round_: _Round, limit: int, types: list[str] | None, holders: Holders | None = None
    ) -> list[asyncpg.Record]:
        now = holders or await self._holders()
        if now.run != round_.run:
            # Another run of the server: the names on the list mean nothing any more, prepared transactions have new ones.
            self._round = None
            return []
        if not self._settled(round_, now):
            return []
        self._round = None
        # A new statement, because the snapshot must be younger than the end of the last holder.
        return self._hand_out(await self._fetch(round_.upto, limit, types))

    @staticmethod
    def _settled(round_: _Round, now: Holders) -> bool:
        """Whether the last of those waited for has ended, as far as this reading of the holders tells."""
        round_.waiting_for &= now.live | now.prepared
        if not round_.waiting_for and not round_.prepared_added:
            # A prepared transaction gets another name when the server recovers from a crash of one of its processes, which is
            # no new run; before 14.1 it did at PREPARE. In both cases it is in this reading under the new one.
            round_.prepared_added = True
            round_.waiting_for |= now.prepared
        return not round_.waiting_for

    async def _holders(self) -> Holders:
        async with self._database.acquire() as connection:
            rows = await connection.fetch(_LOG_HOLDERS)
        named = [row for row in rows if row["holder"] is not None]
        return Holders(
            run=rows[0]["server_run"],
            live=frozenset(row["holder"] for row in named if not row["prepared"]),
            prepared=frozenset(row["holder"] for row in named if row["prepared"]),
        )

    async def _fetch(self, upto: int | None, limit: int, types: list[str] | None) -> list[asyncpg.Record]:
        async with self._database.acquire() as connection:
            return await connection.fetch(_READ_EVENTS, self.checkpoint, upto, limit, types)

    def _contiguous(self, rows: list[asyncpg.Record]) -> int:
        """How many rows follow the checkpoint without a missing number."""
        if rows and rows[-1]["position"] == self.checkpoint + len(rows):
            return len(rows)
        for index, row in enumerate(rows):
            if row["position"] != self.checkpoint + index + 1:
                return index
        return len(rows)

    def _hand_out(self, rows: list[asyncpg.Record]) -> list[asyncpg.Record]:
        if rows:
            self.checkpoint = rows[-1]["position"]
        return rows
