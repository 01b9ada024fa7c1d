"""The fresh reading is the definition's, after every kind of write, whether refreshed, swept or neither.

Planted bugs, each seen to fail here: no trigger for TRUNCATE; an UPDATE that notes its new keys alone; time columns as stored;
triggers that are not ENABLE ALWAYS; trigger functions with the writer's rights; an operator or a function in them without its
schema.
"""

import asyncpg
import pytest
from tests.views.fresh.conftest import both_ways
from tests.views.fresh.shop import Connection, changed, differences, refresh, sweep

pytestmark = both_ways

WRITES = {
    "insert": "INSERT INTO shop.item (order_id, price) VALUES (3, 10)",
    "insert_of_many": "INSERT INTO shop.item (order_id, price) SELECT 1 + n % 50, n FROM generate_series(1, 300) AS n",
    "update": "UPDATE shop.item SET price = price + 1 WHERE order_id = 7",
    "delete": "DELETE FROM shop.item WHERE order_id IN (8, 9)",
    "move_of_a_child": "UPDATE shop.item SET order_id = 11 WHERE order_id = 12",
    "move_of_a_parent": 'UPDATE shop."order" SET customer_id = 1 + customer_id % 5 WHERE id BETWEEN 10 AND 20',
    "soft_delete": 'UPDATE shop."order" SET deleted_at = now() WHERE id = 5',
    "cascaded_delete": 'DELETE FROM shop."order" WHERE id = 6',
    "cascaded_key": 'UPDATE shop."order" SET id = 1000 WHERE id = 13',
    "new_parent_and_child": """
        INSERT INTO shop."order" (id, customer_id) VALUES (100, 2); INSERT INTO shop.item (order_id, price) VALUES (100, 1)
    """,
    "upsert": """
        INSERT INTO shop.item (id, order_id, price) VALUES (1, 3, 5), (10001, 3, 5)
        ON CONFLICT (id) DO UPDATE SET price = 99, order_id = excluded.order_id
    """,
    "merge": """
        MERGE INTO shop.item AS i USING (VALUES (1), (2), (10002)) AS new (id) ON i.id = new.id
        WHEN MATCHED AND i.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET price = 0
        WHEN NOT MATCHED THEN INSERT (id, order_id, price) VALUES (new.id, 4, 4)
    """,
    "copy": "COPY shop.item (order_id, price) FROM PROGRAM 'echo 17,3' WITH (FORMAT csv)",
    "truncate": "TRUNCATE shop.item",
    "truncate_cascade": 'TRUNCATE shop."order" CASCADE',
    "rows_of_a_replica": "SET session_replication_role = replica; DELETE FROM shop.item WHERE order_id = 14",
    "gone_user": "UPDATE shop.customer SET deleted_at = now() WHERE id = 2",
    "savepoint": "BEGIN; SAVEPOINT a; DELETE FROM shop.item; ROLLBACK TO a; DELETE FROM shop.item WHERE id = 3; COMMIT",
    "rollback": "BEGIN; DELETE FROM shop.item; ROLLBACK",
    "nothing": "UPDATE shop.item SET price = 1 WHERE false",
}


@pytest.mark.parametrize("write", WRITES)
async def test_is_the_definition_after(clerk: Connection, other: Connection, write: str) -> None:
    await clerk.execute(WRITES[write])
    assert await differences(other) == []
    await refresh(other)
    assert await differences(other) == []
    await clerk.execute('INSERT INTO shop.item (order_id, price) SELECT min(id), 1 FROM shop."order" HAVING count(*) > 0')
    await sweep(other)
    assert await differences(other) == []
    await refresh(other)
    await sweep(other)
    assert [await changed(other, base) for base in ("order_summary", "customer_totals")] == [0, 0]
    assert await differences(other) == []


async def test_a_writing_transaction_reads_its_own_changes(clerk: Connection, other: Connection) -> None:
    before = await other.fetch("TABLE shop.order_summary_fresh")
    async with clerk.transaction():
        await clerk.execute("UPDATE shop.item SET price = 2")
        assert await differences(clerk) == []
        assert await other.fetch("TABLE shop.order_summary_fresh") == before
    assert await other.fetch("TABLE shop.order_summary_fresh") != before


async def test_unchanged_rows_are_the_materialized_view_s(clerk: Connection) -> None:
    # Rows that only the view has: nobody noted a change.
    await clerk.execute("ALTER TABLE shop.item DISABLE TRIGGER USER")
    await clerk.execute("UPDATE shop.item SET price = 1000 WHERE order_id IN (1, 2)")
    await clerk.execute("ALTER TABLE shop.item ENABLE TRIGGER USER")
    await clerk.execute("UPDATE shop.item SET price = 1000 WHERE order_id = 2")
    read = "SELECT id FROM shop.order_summary_fresh WHERE total >= 1000 ORDER BY id"
    assert [row["id"] for row in await clerk.fetch(read)] == [2]


async def test_a_column_that_depends_on_the_time_of_day_needs_no_change(clerk: Connection) -> None:
    # As though refreshed ten days ago: the stored count is what it was then.
    read = "SELECT recent_orders FROM shop.customer_totals_{} WHERE customer_id = 2"
    assert await clerk.fetchval(read.format("view")) == 2
    await clerk.execute('ALTER TABLE shop."order" DISABLE TRIGGER USER')
    await clerk.execute("UPDATE shop.\"order\" SET placed_at = placed_at - interval '10 days'")
    assert await clerk.fetchval(read.format("view")) == 2
    assert await clerk.fetchval(read.format("fresh")) == 0


TRAP = """
CREATE SCHEMA trap;
CREATE FUNCTION trap.current_setting(text) RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN RAISE 'called as %', current_user; END $$;
"""
TRAP_OF_TYPE = """
CREATE FUNCTION trap.compare({type}, {type}) RETURNS boolean LANGUAGE plpgsql AS
    $$ BEGIN RAISE 'called as %', current_user; END $$;
CREATE OPERATOR trap.= (FUNCTION = trap.compare, LEFTARG = {type}, RIGHTARG = {type});
CREATE OPERATOR trap.<> (FUNCTION = trap.compare, LEFTARG = {type}, RIGHTARG = {type});
"""
AS_WRITER = "SET search_path = {}; SET ROLE shop_writer"
AS_OWNER = "RESET ROLE; RESET search_path"


async def test_a_writer_changes_under_a_role_and_a_search_path_of_its_own(clerk: Connection) -> None:
    """The trigger functions run as their owner, so what the writer's search_path leads to must not be called by them."""
    await clerk.execute(TRAP)
    for type_ in ("integer", "text"):
        await clerk.execute(TRAP_OF_TYPE.format(type=type_))
    await clerk.execute(
        """
        DROP ROLE IF EXISTS shop_writer; CREATE ROLE shop_writer;
        GRANT USAGE ON SCHEMA shop, trap TO shop_writer; GRANT ALL ON ALL TABLES IN SCHEMA shop TO shop_writer;
        """
    )
    with pytest.raises(asyncpg.RaiseError, match="called as shop_writer"):
        await clerk.execute(AS_WRITER.format("trap, pg_catalog") + "; SELECT 1 = 1")
    await clerk.execute(AS_WRITER.format("''"))
    await clerk.execute("UPDATE shop.item SET price = 3 WHERE order_id = 3")
    await clerk.execute(AS_OWNER)
    assert await clerk.fetchval("SELECT total FROM shop.order_summary_fresh WHERE id = 3") % 3 == 0
    assert await differences(clerk) == []
    for write in (
        "INSERT INTO shop.item (order_id, price) VALUES (3, 5)",
        "UPDATE shop.item SET price = 3 WHERE order_id OPERATOR(pg_catalog.<=) 3",
        "DELETE FROM shop.item WHERE order_id OPERATOR(pg_catalog.>) 40",
        'UPDATE shop."order" SET placed_at = pg_catalog.now() WHERE id OPERATOR(pg_catalog.<) 9',
        "TRUNCATE shop.item",
    ):
        await clerk.execute(AS_WRITER.format("trap, pg_catalog"))
        await clerk.execute(write)
        await clerk.execute(AS_OWNER)
        assert await differences(clerk) == [], write
    assert await clerk.fetchval("SELECT total FROM shop.order_summary_fresh WHERE id = 3") is None
    await clerk.execute("DROP OWNED BY shop_writer; DROP ROLE shop_writer; DROP SCHEMA trap CASCADE")


async def test_a_truncation_in_an_older_snapshot_is_refused(clerk: Connection) -> None:
    with pytest.raises(asyncpg.InvalidTransactionStateError, match="READ COMMITTED"):
        async with clerk.transaction(isolation="repeatable_read"):
            await clerk.execute("TRUNCATE shop.item")
