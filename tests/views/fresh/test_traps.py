"""Orders of events that other ways to keep a view up have gone wrong in, each with two or three connections.

Planted bugs, each seen to fail here: a sweep that takes its own transaction's changes; the stamp's row not locked by a fill; a
library that refreshes plainly; time columns as stored.
"""

import asyncio

import asyncpg
import pytest
from tests.domain.schema.waiting import wait_until_blocked
from tests.views.fresh.conftest import Connect
from tests.views.fresh.shop import Connection, changed, differences, refresh, sweep

from clone_cqrs.postgres import Database
from clone_cqrs.views import refresh_view

ORDERS = "shop.order_summary_view"
READ = "SELECT * FROM shop.order_summary_fresh ORDER BY id"
BY_HAND = f"REFRESH MATERIALIZED VIEW CONCURRENTLY {ORDERS}"


async def test_a_sweep_in_the_writing_transaction_keeps_what_a_queued_refresh_did_not_see(
    clerk: Connection, other: Connection, connect: Connect
) -> None:
    observer = await connect()
    writing = clerk.transaction()
    await writing.start()
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    # A later transaction, so that this one's own id is below what its snapshots begin from.
    await other.execute("UPDATE shop.item SET price = 5 WHERE order_id = 8")
    await clerk.execute(BY_HAND)
    # It has its snapshot, without that change, and puts the view back once it gets the lock.
    late = asyncio.create_task(other.execute(BY_HAND))
    await wait_until_blocked(observer, other.get_server_pid(), by=clerk.get_server_pid())
    await sweep(clerk)
    await writing.commit()
    await late
    assert await differences(observer) == []
    await sweep(observer)
    assert await differences(observer) == []


async def test_an_older_refresh_fails_although_nothing_seems_to_have_changed_since(
    clerk: Connection, other: Connection
) -> None:
    # A, then B, which the old snapshot sees, then A again: no row of the view is another one than before.
    price = await clerk.fetchval("SELECT min(price) FROM shop.item WHERE order_id = 7")
    await clerk.execute("UPDATE shop.item SET price = price + 1 WHERE order_id = 7")
    old = other.transaction(isolation="repeatable_read")
    await old.start()
    assert await other.fetchval("SELECT min(price) FROM shop.item WHERE order_id = 7") == price + 1
    await clerk.execute("UPDATE shop.item SET price = price - 1 WHERE order_id = 7")
    await refresh(clerk)
    await sweep(clerk)
    with pytest.raises(asyncpg.SerializationError):
        await other.execute(BY_HAND)
    await old.rollback()
    assert await differences(other) == []


async def test_a_refresh_by_the_library_leaves_an_older_snapshot_what_it_saw(
    clerk: Connection, other: Connection, dsn: str
) -> None:
    async with other.transaction(isolation="repeatable_read"):
        # The snapshot, but none of the view's locks: a refresh that needs them all would wait for the reader's end.
        await other.fetchval("SELECT 1")
        before = await clerk.fetch(READ)
        await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
        async with Database.open(dsn) as database:
            await refresh_view(database, ORDERS)
        assert await other.fetch(READ) == before
        assert await differences(other) == []
    assert await other.fetch(READ) != before


async def test_a_reader_whose_time_of_day_is_before_the_refresh_s_counts_by_its_own(
    clerk: Connection, other: Connection
) -> None:
    async with other.transaction():
        # Ten days ago by the reader's clock, which stands; longer ago by that of the refresh.
        ten_days_ago = await other.fetchval("SELECT now() - interval '240 hours'")
        # The driver leaves that statement's portal open, and with it its snapshot, until the next one.
        await other.execute("SELECT 1")
        counted = "SELECT recent_orders FROM shop.customer_totals_{} WHERE customer_id = 2"
        before = await clerk.fetchval(counted.format("fresh"))
        await clerk.execute('INSERT INTO shop."order" (id, customer_id, placed_at) VALUES (100, 2, $1)', ten_days_ago)
        await refresh(clerk)
        await sweep(clerk)
        assert await changed(clerk, "customer_totals") == 0
        assert await other.fetchval(counted.format("view")) == before
        assert await other.fetchval(counted.format("fresh")) == before + 1
        assert await differences(other) == []


async def test_thousands_of_changes_of_one_key_are_one_row(clerk: Connection, other: Connection) -> None:
    for _ in range(200):
        await clerk.execute("UPDATE shop.item SET price = price + 1 WHERE order_id = 7")
    assert await changed(other, "order_summary") == 200
    assert await differences(other) == []
    await refresh(other)
    assert await sweep(other) == 400
    assert await differences(other) == []
