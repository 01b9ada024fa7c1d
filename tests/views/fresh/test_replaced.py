"""A view that takes the place of another by the same name: it is read until the end, and nothing written is missed.

Planted bugs, each seen to fail here: the old view dropped first; triggers made after the view is filled; triggers left behind
that note in a table that is gone.
"""

from dataclasses import replace

import asyncpg
import pytest
from tests.views.fresh import shop
from tests.views.fresh.conftest import Connect
from tests.views.fresh.shop import Connection, changed, differences

from clone_cqrs.postgres import Database
from clone_cqrs.views import MaterializedView, Through, check_views, create_fresh_view, describe
from clone_cqrs.views.fresh import fresh_view_statements

WIDER = replace(
    shop.ORDERS,
    definition=(shop.ORDERS.definition or "").replace("items.total", "items.total, items.count * items.total AS product"),
)
READS = ("TABLE shop.order_summary_fresh", "TABLE shop.order_summary_view", "SELECT * FROM shop.order_summary_fresh_list(1, 5)")


async def findings(dsn: str, *views: MaterializedView) -> tuple[object, ...]:
    async with Database.open(dsn) as database:
        return await check_views(database, views)


async def test_a_view_is_read_until_another_definition_takes_its_place(
    clerk: Connection, other: Connection, refresher: Connection, dsn: str
) -> None:
    await other.execute("SET lock_timeout = '5s'")
    statements = fresh_view_statements(await describe(clerk, WIDER), replace=True)
    (swap,) = [place for place, sql in enumerate(statements) if sql.startswith("-- From here on, readers wait.")]
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    replacing = clerk.transaction()
    await replacing.start()
    for sql in statements[:swap]:
        await clerk.execute(sql)
        for read in READS:
            assert len(await other.fetch(read)) > 0
    for sql in statements[swap:]:
        await clerk.execute(sql)
    await replacing.commit()
    assert "product" in (await other.fetch(READS[0]))[0]
    await clerk.execute("UPDATE shop.item SET price = 6 WHERE order_id = 8")
    assert await differences(other) == []
    assert await changed(other, "order_summary") == 1
    await shop.refresh(refresher)
    await shop.sweep(refresher)
    assert await changed(other, "order_summary") == 0
    assert await differences(other) == []
    assert await findings(dsn, WIDER, shop.CUSTOMERS) == ()


async def test_what_is_written_meanwhile_waits_and_is_noted(clerk: Connection, other: Connection) -> None:
    statements = fresh_view_statements(await describe(clerk, WIDER), replace=True)
    filled = next(place for place, sql in enumerate(statements) if "CREATE MATERIALIZED VIEW" in sql)
    await other.execute("SET lock_timeout = '200ms'")
    async with clerk.transaction():
        for sql in statements[:filled]:
            await clerk.execute(sql)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await other.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
        for sql in statements[filled:]:
            await clerk.execute(sql)
    await other.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    assert await differences(other) == []


async def test_a_view_is_not_made_by_an_older_snapshot(clerk: Connection, other: Connection) -> None:
    for replacing in (True, False):
        old = clerk.transaction(isolation="repeatable_read")
        await old.start()
        await clerk.fetchval("SELECT 1")
        await other.execute("UPDATE shop.item SET price = price + 1 WHERE order_id = 7")
        with pytest.raises(asyncpg.InvalidTransactionStateError, match="READ COMMITTED"):
            await create_fresh_view(clerk, WIDER if replacing else replace(WIDER, name="shop.wider_view"), replace=replacing)
        await old.rollback()
    assert await differences(other) == []


async def test_views_begin_to_share_their_changes_and_end(clerk: Connection, other: Connection, dsn: str) -> None:
    async def right(*views: MaterializedView) -> None:
        await clerk.execute("UPDATE shop.item SET price = price + 1; UPDATE shop.customer SET name = 'Ada'")
        assert await differences(other) == []
        assert await findings(dsn, *views) == ()

    orders, customers = shop.VIEWS
    await create_fresh_view(clerk, *shop.SHARING, replace=True)
    await right(*shop.SHARING)
    assert await clerk.fetchval("SELECT to_regclass('cqrs.changed_shop_order_summary')") is None
    await create_fresh_view(clerk, orders, replace=True)
    await right(orders, shop.SHARING[1])
    with pytest.raises(asyncpg.DuplicateTableError):
        await create_fresh_view(clerk, shop.SHARING[0], replace=True)
    await create_fresh_view(clerk, customers, replace=True)
    await right(orders, customers)
    assert await clerk.fetchval("SELECT to_regclass('cqrs.changed_shop_orders')") is None


async def test_one_of_two_that_share_their_changes_is_not_made_anew_alone(clerk: Connection) -> None:
    await create_fresh_view(clerk, *shop.SHARING, replace=True)
    with pytest.raises(asyncpg.DependentObjectsStillExistError, match=r"shop\.customer_totals_view, too: .* together"):
        await create_fresh_view(clerk, shop.SHARING[0], replace=True)


async def test_a_table_that_is_read_no_more_is_heard_no_more(clerk: Connection, other: Connection, dsn: str) -> None:
    bare = MaterializedView(
        name=shop.ORDERS.name,
        key="id",
        definition='SELECT o.id, o.customer_id FROM shop."order" o',
        changes={'shop."order"': "id"},
    )
    await create_fresh_view(clerk, bare, replace=True)
    await clerk.execute("INSERT INTO shop.item (order_id, price) VALUES (7, 5)")
    await clerk.execute('INSERT INTO shop."order" (id, customer_id) VALUES (200, 1)')
    assert await clerk.fetchval("SELECT count(*) FROM shop.order_summary_fresh WHERE id = 200") == 1
    assert await clerk.fetchval("SELECT to_regproc('shop.order_summary_fresh_list')") is None
    assert await findings(dsn, bare) == ()
    assert isinstance(shop.ORDERS.changes["shop.item"], Through)
    await create_fresh_view(clerk, shop.ORDERS, replace=True)
    assert await differences(other) == []


async def test_it_takes_the_place_of_a_view_without_a_fresh_reading(connect: Connect, dsn: str) -> None:
    connection = await connect()
    await connection.execute(shop.TABLES)
    await connection.execute(shop.ROWS)
    await connection.execute(
        f"CREATE VIEW shop.order_summary_definition AS {shop.ORDERS.definition};"
        "CREATE MATERIALIZED VIEW shop.order_summary_view AS TABLE shop.order_summary_definition"
    )
    await create_fresh_view(connection, replace(shop.ORDERS, definition=None), replace=True)
    await connection.execute("UPDATE shop.item SET price = price + 1 WHERE order_id = 7")
    lacks = "TABLE shop.order_summary_definition EXCEPT ALL TABLE shop.order_summary_fresh"
    assert await connection.fetch(lacks) == []
    assert await findings(dsn, shop.ORDERS) == ()
