"""Writers that do everything a writer of the log can do, and are killed while they do it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import uuid4

import asyncpg
from tests.commands.notes import note_bus, write_note

from clone_cqrs.errors import StorageUnavailableError
from clone_cqrs.postgres import Database

APPEND = """
SELECT positions FROM cqrs.append_events(NULL, NULL, NULL, NULL, NULL, NULL,
    array_fill(NULL::uuid, ARRAY[0]) || ARRAY(SELECT gen_random_uuid() FROM unnest($1::text[])),
    ARRAY(SELECT 'fact.noted' FROM unnest($1::text[])), ARRAY(SELECT 'fact' FROM unnest($1::text[])), $1::text[],
    ARRAY(SELECT NULL::bigint FROM unnest($1::text[])), ARRAY(SELECT now() FROM unnest($1::text[])),
    ARRAY(SELECT '{}'::jsonb FROM unnest($1::text[])), ARRAY(SELECT '{}'::jsonb FROM unnest($1::text[])))
"""
AGGREGATES = [f"aggregate {number}" for number in range(12)]
PREPARED = "load-"
LOST = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What asyncpg says on a connection that was ended while nobody used it.
    asyncpg.InternalClientError,
    OSError,
    StorageUnavailableError,
)
"""What a writer or a reader meets when its connection is terminated, or its transaction loses a deadlock."""

Write = Callable[[asyncpg.Connection, random.Random], Awaitable[None]]


async def plain(connection: asyncpg.Connection, chance: random.Random) -> None:
    await connection.execute(APPEND, [chance.choice(AGGREGATES)])


async def several(connection: asyncpg.Connection, chance: random.Random) -> None:
    await connection.execute(APPEND, chance.choices(AGGREGATES, k=4))


async def twice(connection: asyncpg.Connection, chance: random.Random) -> None:
    """Two calls in one transaction, in an order that can deadlock: one of the writers is rolled back then."""
    async with connection.transaction():
        await connection.execute(APPEND, [chance.choice(AGGREGATES)])
        await asyncio.sleep(chance.uniform(0, 0.005))
        await connection.execute(APPEND, [chance.choice(AGGREGATES)])


async def rolled_back(connection: asyncpg.Connection, chance: random.Random) -> None:
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(APPEND, chance.choices(AGGREGATES, k=2))
    await asyncio.sleep(chance.uniform(0, 0.01))
    await transaction.rollback()


async def savepoint(connection: asyncpg.Connection, chance: random.Random) -> None:
    """An append that is rolled back to a savepoint, and another one after it."""
    async with connection.transaction():
        inner = connection.transaction()
        await inner.start()
        await connection.execute(APPEND, [chance.choice(AGGREGATES)])
        await inner.rollback()
        async with connection.transaction():
            await connection.execute(APPEND, [chance.choice(AGGREGATES)])


async def long(connection: asyncpg.Connection, chance: random.Random) -> None:
    async with connection.transaction():
        await connection.execute(APPEND, [f"slow {chance.randrange(3)}"])
        await asyncio.sleep(chance.uniform(0.05, 0.3))


async def two_phases(connection: asyncpg.Connection, chance: random.Random) -> None:
    """Prepared, and then committed, rolled back, or left to `resolve_orphans`."""
    name = f"{PREPARED}{uuid4().hex}"
    await connection.execute("BEGIN")
    await connection.execute(APPEND, [f"prepared {uuid4().hex[:4]}"])
    await connection.execute(f"PREPARE TRANSACTION '{name}'")
    await asyncio.sleep(chance.uniform(0, 0.02))
    end = chance.choice(("COMMIT", "COMMIT", "ROLLBACK", None))
    if end is not None:
        await connection.execute(f"{end} PREPARED '{name}'")


MIX: tuple[Write, ...] = (plain, plain, plain, several, twice, rolled_back, savepoint, long, two_phases)


async def write(dsn: str, chance: random.Random, enough: asyncio.Event) -> int:
    """Write until there is enough, on a new connection wherever one is lost; returns how many writes ended well."""
    done = 0
    connection: asyncpg.Connection | None = None
    while not enough.is_set():
        try:
            if connection is None or connection.is_closed():
                connection = await asyncpg.connect(dsn)
            await chance.choice(MIX)(connection, chance)
            done += 1
        except LOST:
            # Deadlocks, terminations, and what a lost connection leaves behind.
            if connection is not None:
                connection.terminate()
            connection = None
    if connection is not None:
        connection.terminate()
    return done


async def command(database: Database, chance: random.Random, enough: asyncio.Event) -> int:
    """Commands through the bus until there is enough."""
    bus, _handler = note_bus(database)
    done = 0
    while not enough.is_set():
        # A terminated connection whose COMMIT was on its way, or a bounded number of retries.
        try:
            result = await bus.execute(write_note(chance.choice(NOTES), text=str(done)))
        except LOST:
            await asyncio.sleep(0.01)
        else:
            done += result.success
    return done


NOTES = [uuid4() for _ in range(6)]


async def terminate(dsn: str, chance: random.Random, enough: asyncio.Event) -> int:
    """End a session of the database every now and then; returns how many."""
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "killer"})
    ended = 0
    try:
        while not enough.is_set():
            await asyncio.sleep(0.2)
            pids = [row["pid"] for row in await connection.fetch(_SESSIONS)]
            if pids:
                await connection.execute("SELECT pg_terminate_backend($1)", chance.choice(pids))
                ended += 1
    finally:
        await connection.close()
    return ended


async def resolve_orphans(dsn: str, chance: random.Random, enough: asyncio.Event | None) -> int:
    """Resolve prepared transactions that their writers left behind: now and then, or all of them, once, with `enough` None."""
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "killer"})
    resolved = 0
    try:
        while enough is None or not enough.is_set():
            for row in await connection.fetch(_ORPHANS, 0.0 if enough is None else 0.3):
                with suppress(
                    asyncpg.UndefinedObjectError, asyncpg.ObjectInUseError, asyncpg.ObjectNotInPrerequisiteStateError
                ):
                    await connection.execute(f"{chance.choice(('COMMIT', 'ROLLBACK'))} PREPARED '{row['gid']}'")
                    resolved += 1
            if enough is None and not await connection.fetch(_ORPHANS, 0.0):
                return resolved
            await asyncio.sleep(0.1)
    finally:
        await connection.close()
    return resolved


_SESSIONS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> 'killer'
  AND pid <> pg_backend_pid()
"""
_ORPHANS = """
SELECT gid FROM pg_prepared_xacts
WHERE database = current_database() AND clock_timestamp() - prepared >= make_interval(secs => $1)
"""
