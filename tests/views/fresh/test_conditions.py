"""What the fresh reading rests on, one deterministic test for each condition: two connections, in the order that goes wrong.

Planted bugs, each seen to fail here: the stamp ignored by the sweep; its writer ignored; no horizon; a horizon without the
sweeper's own snapshot; a sweep beside a refresh that is not committed; no lock of parents, or none for DELETE; a TRUNCATE that
notes the view's keys alone; a link unchecked.
"""

import asyncio

import asyncpg
import pytest
from tests.domain.schema.waiting import wait_until_blocked
from tests.views.fresh.conftest import Connect, both_ways
from tests.views.fresh.shop import Connection, changed, changes_of, differences, refresh, sweep

from clone_cqrs.errors import ViewRefusedError
from clone_cqrs.views import MaterializedView, Through, create_fresh_view

pytestmark = both_ways

MOVE = 'UPDATE shop."order" SET customer_id = 4 WHERE id = 7'


async def blocked(observer: Connection, waiting: Connection, by: Connection) -> None:
    await wait_until_blocked(observer, waiting.get_server_pid(), by.get_server_pid())


@pytest.mark.parametrize("move", [MOVE, 'UPDATE shop."order" SET deleted_at = now() WHERE id = 7'], ids=["move", "delete"])
async def test_a_parent_moves_only_after_whoever_adds_to_it(
    clerk: Connection, other: Connection, refresher: Connection, move: str
) -> None:
    adding = clerk.transaction()
    await adding.start()
    await clerk.execute("INSERT INTO shop.item (order_id, price) VALUES (7, 5)")
    moving = asyncio.create_task(other.execute(move))
    await blocked(refresher, other, by=clerk)
    await refresh(refresher)
    await adding.commit()
    await moving
    assert await differences(refresher) == []
    await refresh(refresher)
    await sweep(refresher)
    assert await differences(refresher) == []


@pytest.mark.parametrize(
    "change", ["DELETE FROM shop.item WHERE order_id = 7", "UPDATE shop.item SET price = 1 WHERE order_id = 7"]
)
async def test_a_parent_moves_only_after_whoever_changes_its_children(
    clerk: Connection, other: Connection, refresher: Connection, change: str
) -> None:
    changing = clerk.transaction()
    await changing.start()
    await clerk.execute(change)
    moving = asyncio.create_task(other.execute(MOVE))
    await blocked(refresher, other, by=clerk)
    await changing.commit()
    await moving
    await refresh(refresher)
    await sweep(refresher)
    assert await differences(refresher) == []


async def test_owners_are_looked_up_after_a_move_that_came_first(
    clerk: Connection, other: Connection, refresher: Connection
) -> None:
    moving = clerk.transaction()
    await moving.start()
    await clerk.execute(MOVE)
    deleting = other.transaction()
    await deleting.start()
    delete = asyncio.create_task(other.execute("DELETE FROM shop.item WHERE order_id = 7"))
    await blocked(refresher, other, by=clerk)
    await moving.commit()
    await delete
    await refresh(refresher)
    await sweep(refresher)
    await deleting.commit()
    assert await differences(refresher) == []


async def test_a_change_made_during_a_refresh_outlives_the_sweep(
    clerk: Connection, other: Connection, refresher: Connection
) -> None:
    writing = clerk.transaction()
    await writing.start()
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    await refresh(refresher)  # does not see it
    await writing.commit()
    assert await sweep(other) == 0
    assert await differences(other) == []


async def test_a_prepared_transaction_s_changes_outlive_the_sweep(clerk: Connection, other: Connection) -> None:
    await clerk.execute("BEGIN; UPDATE shop.item SET price = 5 WHERE order_id = 7; PREPARE TRANSACTION 'open'")
    await other.execute("UPDATE shop.item SET price = 5 WHERE order_id = 8")
    await refresh(other)
    await clerk.execute("COMMIT PREPARED 'open'")
    assert await sweep(other) > 0
    assert await differences(other) == []
    assert await changed(other, "order_summary") > 0


async def test_a_change_older_than_a_snapshot_in_use_outlives_the_sweep(
    clerk: Connection, other: Connection, refresher: Connection
) -> None:
    old = refresher.transaction(isolation="repeatable_read")
    await old.start()
    await refresher.fetchval("SELECT 1")
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    await refresh(other)
    assert await sweep(other) == 0
    assert await changed(other, "order_summary") > 0
    await old.rollback()
    assert await sweep(other) > 0
    assert await differences(other) == []


async def overtaken(late: Connection, ahead: Connection, writer: Connection, observer: Connection) -> asyncio.Task[str]:
    """A refresh that waited behind others, which by now are committed and have a change that it has not seen."""
    async with ahead.transaction():
        await ahead.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY shop.order_summary_view")
        # Its snapshot is taken before it waits for the lock.
        refreshing = asyncio.create_task(late.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY shop.order_summary_view"))
        await blocked(observer, late, by=ahead)
        await writer.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
        await ahead.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY shop.order_summary_view")
    return refreshing


async def test_a_refresh_queued_behind_another_may_put_the_view_back(
    clerk: Connection, other: Connection, refresher: Connection, connect: Connect
) -> None:
    observer = await connect()
    late = await overtaken(refresher, clerk, other, observer)
    await sweep(other)
    await late
    assert await differences(other) == []
    await sweep(other)
    assert await differences(other) == []


async def test_a_refresh_that_put_the_view_back_is_waited_for_until_its_transaction_ends(
    clerk: Connection, other: Connection, refresher: Connection, connect: Connect
) -> None:
    observer = await connect()
    putting_back = refresher.transaction()
    await putting_back.start()
    late = await overtaken(refresher, clerk, other, observer)
    await late
    # Its statement has ended, and with it its snapshot; what it has done is not seen yet.
    await sweep(other)
    waits = await other.fetchval("SELECT waits_for FROM cqrs.view WHERE name = 'shop.order_summary_view'")
    await putting_back.commit()
    assert await differences(other) == []
    assert waits == "a refresh whose transaction has not ended"
    await refresh(other)
    await sweep(other)
    assert await changed(other, "order_summary") == 0


async def test_the_sweeper_s_own_snapshot_is_part_of_the_horizon(clerk: Connection, other: Connection) -> None:
    sweeping = clerk.transaction(isolation="repeatable_read")
    await sweeping.start()
    xmin = await clerk.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    await other.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    assert await clerk.fetchval("SELECT cqrs.oldest_snapshot()::text::bigint") <= xmin
    await sweeping.rollback()


async def test_what_the_refreshing_transaction_writes_after_it_stays_changed(clerk: Connection, other: Connection) -> None:
    async with clerk.transaction():
        await clerk.execute("UPDATE shop.item SET price = 4 WHERE order_id = 7")
        # A later transaction, so that this one's own id is below what its snapshots begin from.
        await other.execute("UPDATE shop.item SET price = 4 WHERE order_id = 8")
        await refresh(clerk)
        await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
        assert await differences(clerk) == []
    await sweep(other)
    assert await differences(other) == []
    await refresh(other)
    await sweep(other)
    assert await changed(other, "order_summary") == 0
    assert await differences(other) == []


async def test_an_older_repeatable_read_refresh_fails_on_the_stamp(clerk: Connection, other: Connection) -> None:
    old = other.transaction(isolation="repeatable_read")
    await old.start()
    await other.fetchval("SELECT 1")
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    await refresh(clerk)
    with pytest.raises(asyncpg.SerializationError):
        await refresh(other)
    await old.rollback()
    assert await differences(other) == []


async def test_a_refresh_that_is_rolled_back_takes_its_stamp_along(clerk: Connection, other: Connection) -> None:
    stamped = await other.fetch("TABLE cqrs.view_stamp")
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    refreshing = clerk.transaction()
    await refreshing.start()
    await refresh(clerk)
    await refreshing.rollback()
    assert await other.fetch("TABLE cqrs.view_stamp") == stamped
    assert await sweep(other) == 0
    assert await differences(other) == []


async def test_a_truncation_names_keys_that_only_changes_know(clerk: Connection, other: Connection) -> None:
    await clerk.execute('INSERT INTO shop."order" (id, customer_id) VALUES (100, 2)')
    await clerk.execute("INSERT INTO shop.item (order_id, price) VALUES (100, 9)")
    truncating = clerk.transaction()
    await truncating.start()
    await clerk.execute("TRUNCATE shop.item")
    noted = await changes_of(clerk, "order_summary")
    await truncating.commit()
    assert {order for _customer, order in noted} == {*range(1, 51), 100}
    assert await differences(other) == []


async def test_a_definition_without_its_link_is_refused(clerk: Connection) -> None:
    await clerk.execute('ALTER TABLE shop."order" DROP CONSTRAINT order_owner_key')
    view = MaterializedView(
        name="shop.spent_view",
        key="customer_id",
        definition="""SELECT c.id AS customer_id, (SELECT sum(i.price) FROM shop."order" o JOIN shop.item i ON i.order_id = o.id
                      WHERE o.customer_id = c.id) AS total FROM shop.customer c""",
        changes={
            "shop.customer": "id",
            'shop."order"': "customer_id",
            "shop.item": Through("order_id", 'shop."order"', "customer_id"),
        },
    )
    with pytest.raises(ViewRefusedError, match=r"needs UNIQUE \(id, customer_id\)"):
        await create_fresh_view(clerk, view)
    await clerk.execute('ALTER TABLE shop."order" ADD UNIQUE (id, customer_id)')
    await clerk.execute("ALTER TABLE shop.item ALTER CONSTRAINT item_order_id_fkey DEFERRABLE")
    with pytest.raises(ViewRefusedError, match="not deferrable"):
        await create_fresh_view(clerk, view)
    await clerk.execute("ALTER TABLE shop.item ALTER CONSTRAINT item_order_id_fkey NOT DEFERRABLE")
    await create_fresh_view(clerk, view)


async def test_a_role_that_may_not_see_all_snapshots_does_not_sweep(clerk: Connection, other: Connection) -> None:
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    await refresh(clerk)
    await clerk.execute(
        """
        DROP ROLE IF EXISTS shop_owner; CREATE ROLE shop_owner;
        GRANT USAGE ON SCHEMA cqrs TO shop_owner; GRANT ALL ON ALL TABLES IN SCHEMA cqrs TO shop_owner;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cqrs TO shop_owner; SET ROLE shop_owner;
        """
    )
    try:
        assert await clerk.fetchval("SELECT cqrs.sweep_changes('shop.order_summary_view')") is None
        reason = await clerk.fetchval("SELECT waits_for FROM cqrs.view WHERE name = 'shop.order_summary_view'")
        assert reason.startswith("pg_read_all_stats")
        assert await changed(other, "order_summary") > 0
        await clerk.execute("RESET ROLE; GRANT pg_read_all_stats TO shop_owner; SET ROLE shop_owner")
        assert await clerk.fetchval("SELECT cqrs.sweep_changes('shop.order_summary_view')") > 0
    finally:
        await clerk.execute("RESET ROLE; DROP OWNED BY shop_owner; DROP ROLE shop_owner")


async def test_ballast_stays(clerk: Connection) -> None:
    for table in await clerk.fetch("SELECT DISTINCT changes::text AS name FROM cqrs.view"):
        assert await clerk.fetchval(f"SELECT count(*) FROM {table['name']} WHERE xid IS NULL") == 5_000
