"""What a write costs does not grow with the tables that its keys are looked up in, whatever they were when that was planned.

Planted bugs, each seen to fail here: parents by an array alone; parents locked by a join.
"""

import asyncpg
from tests.views.fresh import shop

from clone_cqrs.views import create_fresh_view

WIDE = ", ".join(f"ADD COLUMN note_{n} text" for n in range(30))
FIRST = """
INSERT INTO shop.customer (id, name) VALUES (1, 'Ada');
INSERT INTO shop."order" (id, customer_id) VALUES (0, 1), (-1, 1);
"""
WRITES = (
    "INSERT INTO shop.item (id, order_id, price) VALUES ({id}, {order}, 1)",
    "INSERT INTO shop.item (id, order_id, price) SELECT {id} + n, {order}, n FROM generate_series(1, 3) AS n",
    "UPDATE shop.item SET price = price + 1 WHERE id = {id}",
    "DELETE FROM shop.item WHERE id = {id}",
    "DELETE FROM shop.item WHERE id IN ({id} + 1, {id} + 2)",
)
GROW = 'INSERT INTO shop."order" (id, customer_id) SELECT n, 1 FROM generate_series(1, 5000) AS n'
READ_WHOLE = "SELECT seq_tup_read FROM pg_stat_xact_all_tables WHERE relid = 'shop.\"order\"'::regclass"


async def test_a_write_reads_its_own_parents_alone_by_a_plan_made_while_there_were_few(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(shop.TABLES)
        # The wider its rows, the fewer the planner takes a table to have, and the more it likes to read it whole.
        await connection.execute(f'ALTER TABLE shop."order" {WIDE}')
        for view in shop.VIEWS:
            await create_fresh_view(connection, view)
        # In one transaction nobody else can tell the planner that the table has grown.
        async with connection.transaction():
            await connection.execute(FIRST)
            for write in WRITES:
                await connection.execute(write.format(id=1, order=0))
            await connection.execute(GROW)
            before = await connection.fetchval(READ_WHOLE)
            for write in WRITES:
                await connection.execute(write.format(id=10, order=4000))
            assert await connection.fetchval(READ_WHOLE) == before
    finally:
        await connection.close()
