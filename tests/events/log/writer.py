"""A writer of the log on a connection of its own, which the test commits or rolls back when it wants to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from asyncpg.transaction import Transaction
from tests.events.subscriptions.facts import noted

from clone_cqrs.events.append import append


@asynccontextmanager
async def open_writer(dsn: str, aggregate_id: str = "slow") -> AsyncIterator[Transaction]:
    """A transaction under way that has drawn the next position."""
    connection = await asyncpg.connect(dsn)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await append(connection, [noted(aggregate_id)])
        yield transaction
    finally:
        await connection.close()
