"""The same statements in a loop on asyncpg: what is left when there is no toolkit at all, and no checks either."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg

from benchmarks.durable.slices import per_second
from benchmarks.durable.workload import INSERT_USER, NAME, PASSWORD_HASH, RECORD_COMMAND, TIER


async def commands_per_second(dsn: str, *, in_flight: int, seconds: float) -> float:
    """A connection for each worker, no pool."""
    connections = await asyncio.gather(*(asyncpg.connect(dsn) for _ in range(in_flight)))
    try:
        return await per_second([_worker(connection) for connection in connections], seconds)
    finally:
        await asyncio.gather(*(connection.close() for connection in connections))


def _worker(connection: asyncpg.Connection) -> Callable[[], Awaitable[None]]:
    fingerprint = bytes(32)

    async def create_user() -> None:
        command_id, user_id, event_id = uuid4(), uuid4(), uuid4()
        email, now = f"{user_id}@example.com", datetime.now(UTC)
        payload = f'{{"userId":"{user_id}","email":"{email}","name":"{NAME}","subscriptionTier":"{TIER}"}}'
        metadata = f'{{"correlation_id":"{command_id}","causation_id":"{command_id}","schema_version":1}}'
        await connection.execute(f"BEGIN; SELECT FROM cqrs.claim_command('{command_id}')")
        await connection.fetchval(INSERT_USER, user_id, email, NAME, PASSWORD_HASH, TIER, now)
        await connection.fetchrow(
            RECORD_COMMAND,
            command_id,
            "user.create",
            "system",
            fingerprint,
            f'{{"userId":"{user_id}"}}',
            now,
            event_id,
            "user.created",
            "user",
            str(user_id),
            None,
            now,
            payload,
            metadata,
        )
        await connection.execute("COMMIT")

    return create_user
