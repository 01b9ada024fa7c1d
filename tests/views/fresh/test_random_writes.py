"""Writers, refreshes of every kind, a sweeper and readers in old snapshots, at random and at once: readings stay right.

The same with planted bugs has to find differences. It misses what needs one exact order; test_conditions.py has those. Without
TRUNCATE: a snapshot that is older sees the definition empty, and the fresh reading as it was.
"""

import asyncio
import itertools
import os
import random
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from tests.views.fresh.conftest import Connect, both_ways
from tests.views.fresh.shop import Connection, differences, refresh, sweep

COMPARISONS = int(os.environ.get("CLONE_CQRS_COMPARISONS", "60"))
PLANTED = {
    "stamp ignored": (" AND (%s OR", " AND (true OR %s OR"),
    "no horizon": ("c.xid < (SELECT cqrs.oldest_snapshot())", "c.xid IS NOT NULL"),
    "the stamp of one view for all": (
        "FROM cqrs.view AS v WHERE v.changes = v_changes",
        "FROM cqrs.view AS v WHERE v.name = p_view",
    ),
}
EXPECTED_FAILURES = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UniqueViolationError,
    asyncpg.ForeignKeyViolationError,
)
names = itertools.count()


def statement(chance: random.Random) -> str:
    order, other = chance.randint(1, 60), chance.randint(1, 60)
    customer, price = chance.randint(1, 5), chance.randint(1, 99)
    return chance.choice(
        (
            f'INSERT INTO shop.item (order_id, price) SELECT id, {price} FROM shop."order" WHERE id IN ({order}, {other})',
            f"UPDATE shop.item SET price = {price} WHERE order_id = {order}",
            f"DELETE FROM shop.item WHERE order_id = {order} AND price > {price}",
            f"UPDATE shop.item SET order_id = {other} WHERE order_id = {order}",
            f'UPDATE shop."order" SET customer_id = {customer} WHERE id = {order}',
            f'UPDATE shop."order" SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id = {order}',
            f'INSERT INTO shop."order" (id, customer_id) VALUES ({order}, {customer}) ON CONFLICT (id) DO UPDATE'
            " SET customer_id = excluded.customer_id, placed_at = excluded.placed_at",
            f'DELETE FROM shop."order" WHERE id = {order}',
            f"UPDATE shop.customer SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id = {customer}",
        )
    )


async def write(connection: Connection, chance: random.Random) -> None:
    isolation = chance.choice(("READ COMMITTED", "READ COMMITTED", "REPEATABLE READ"))
    await connection.execute(f"BEGIN ISOLATION LEVEL {isolation}")
    refreshed = False  # such a transaction cannot be prepared
    for _ in range(chance.randint(1, 4)):
        text = statement(chance)
        ending = chance.choice(("RELEASE", "RELEASE", "ROLLBACK TO"))
        await connection.execute(f"SAVEPOINT s; {text}; {ending} s")
        if chance.random() < 0.05:
            await refresh(connection)
            refreshed = True
    if not refreshed and chance.random() < 0.2:
        name = f"'shop {next(names)}'"
        await connection.execute(f"PREPARE TRANSACTION {name}")
        await connection.execute(f"{chance.choice(('COMMIT', 'ROLLBACK'))} PREPARED {name}")
    else:
        await connection.execute(chance.choice(("COMMIT", "COMMIT", "COMMIT", "ROLLBACK")))


async def fill(connection: Connection, chance: random.Random) -> None:
    old = chance.random() < 0.4
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1" if old else "BEGIN")
    await asyncio.sleep(chance.random() * 0.02)
    await refresh(connection)
    await connection.execute("COMMIT")


async def clean(connection: Connection, chance: random.Random) -> None:
    await sweep(connection)
    await asyncio.sleep(chance.random() * 0.005)


async def work(
    connection: Connection, step: Callable[[Connection, random.Random], Awaitable[None]], seed: int, done: asyncio.Event
) -> None:
    chance = random.Random(seed)
    while not done.is_set():
        try:
            await step(connection, chance)
        except EXPECTED_FAILURES:
            await connection.execute("ROLLBACK")


async def found(connect: Connect, seed: int, comparisons: int) -> list[object]:
    """The first differences within so many comparisons."""
    done = asyncio.Event()
    steps = [write] * 4 + [fill] * 2 + [clean]
    workers = [asyncio.create_task(work(await connect(), step, seed + n, done)) for n, step in enumerate(steps)]
    reader, chance = await connect(), random.Random(seed)
    try:
        for _ in range(comparisons):
            async with reader.transaction(isolation="repeatable_read"):
                await reader.fetchval("SELECT 1")
                await asyncio.sleep(chance.random() * 0.05)
                different = await differences(reader)
            if different:
                return list(different)
            for worker in workers:
                if worker.done():
                    worker.result()
        return []
    finally:
        done.set()
        await asyncio.gather(*workers)


@both_ways
async def test_readings_are_the_definition_s_whatever_happens_at_once(clerk: Connection, connect: Connect) -> None:
    seed = random.randrange(1_000_000)
    assert await found(connect, seed, COMPARISONS) == [], f"seed {seed}"


@pytest.mark.parametrize(
    ("bug", "sharing"),
    [("stamp ignored", False), ("no horizon", False), ("stamp ignored", True), ("the stamp of one view for all", True)],
)
async def test_finds_a_planted_bug(clerk: Connection, connect: Connect, bug: str) -> None:
    right, wrong = PLANTED[bug]
    function: str = await clerk.fetchval("SELECT pg_get_functiondef('cqrs.sweep_changes'::regproc)")
    assert right in function
    await clerk.execute(function.replace(right, wrong))
    assert await found(connect, 7, 5_000) != []
