"""A key and a page of a list are read through indexes in both branches, however few changes there were when that was planned.

A shop with 10,000 customers, of whom the first has 5,000 orders. Planted bugs, each seen to fail here: no ballast; a page
that computes every changed row of its list; estimates by statistics.
"""

import json
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from tests.domain.views.test_plans import Plan, nodes_of, rows_scanned
from tests.servers.databases import Templates, migrate_toolkit
from tests.servers.postgresql import PrivateServer
from tests.views.fresh import shop
from tests.views.fresh.shop import CHANGES, Connection

from clone_cqrs.views import create_fresh_view

HEAVY, REGULAR, CHANGED_OF_HEAVY = 1, 50, 100
CHANGED_PER_KEY = 9
ROWS = f"""
INSERT INTO shop.customer (id, name) SELECT n, 'customer ' || n FROM generate_series(1, 10000) AS n;
INSERT INTO shop."order" (id, customer_id, placed_at)
SELECT row_number() OVER (ORDER BY k, n), n, now() - k * interval '1 day' - n * interval '1 second'
FROM generate_series(1, 10000) AS n,
     generate_series(1, CASE WHEN n = {HEAVY} THEN 5000 WHEN n % 50 = 0 THEN 25 ELSE 2 END) AS k;
INSERT INTO shop.item (order_id, price) SELECT id, id / 7.0 FROM shop."order";
"""
# Every second order, over and over again, and a hundred of the customer with many.
RECORD = f"""
INSERT INTO {CHANGES["order_summary"]} (customer_id, id)
SELECT o.customer_id, o.id
FROM (SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY placed_at DESC) AS nth FROM shop."order") AS o,
     generate_series(1, CASE WHEN o.customer_id = {HEAVY} THEN 1 ELSE {CHANGED_PER_KEY} END)
WHERE o.customer_id <> {HEAVY} AND o.id % 2 = 0 OR o.customer_id = {HEAVY} AND o.nth <= {CHANGED_OF_HEAVY};
INSERT INTO {CHANGES["customer_totals"]} (customer_id)
SELECT n * 2 FROM generate_series(1, 5000) AS n, generate_series(1, 20);
"""
ORDER = "SELECT * FROM shop.order_summary_fresh WHERE id = $1 AND customer_id = $2"
CUSTOMER = "SELECT * FROM shop.customer_totals_fresh WHERE customer_id = $1"
PAGE = "SELECT * FROM shop.order_summary_fresh_list($1, $2)"
# A name, the statement, its values, and the rows it may look at at most. A customer's newest order has the customer's number.
QUESTIONS = (
    ("an unchanged order", ORDER, [77, 77], 10),
    ("a changed order", ORDER, [78, 78], 10),
    ("an unchanged customer", CUSTOMER, [101], 20),
    ("a changed customer", CUSTOMER, [102], 20),
    # The changes of this list, and twenty rows with what each is made of; neither the list nor what changed elsewhere.
    ("a page of 25 orders", PAGE, [REGULAR, 20], 250),
    ("a page of 5,000 orders", PAGE, [HEAVY, 20], 5 * CHANGED_OF_HEAVY),
)

# One order that is written to all the time, of a customer whom no question is about.
RECORD_BUSY = f"""
INSERT INTO {CHANGES["order_summary"]} (customer_id, id) SELECT 99, 99 FROM generate_series(1, 100000);
INSERT INTO {CHANGES["customer_totals"]} (customer_id) SELECT 99 FROM generate_series(1, 100000);
"""


async def stock_the_shop(dsn: str) -> None:
    await migrate_toolkit(dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute(shop.TABLES)
    await connection.execute(ROWS)
    await connection.execute("VACUUM ANALYZE")
    for view in shop.VIEWS:
        await create_fresh_view(connection, view)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


@pytest.fixture
def stocked_dsn(server: PrivateServer, _templates: Templates) -> Iterator[str]:
    """A copy of a database that is filled once for each server."""
    name = _templates.copy(stock_the_shop)
    yield server.dsn(name)
    _templates.drop(name)


@pytest.fixture
async def stocked(stocked_dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(stocked_dsn)
    await connection.execute("SET jit = off")
    yield connection
    await connection.close()


async def prepare(connection: Connection) -> None:
    for number, text in enumerate((ORDER, CUSTOMER, PAGE)):
        parameters = "integer" if text == CUSTOMER else "integer, integer"
        await connection.execute(f"PREPARE question_{number} ({parameters}) AS {text}")


async def ask(connection: Connection, text: str, values: list[int], *, explain: bool = True) -> list[Plan]:
    """The nodes of the plan, with what each did."""
    execute = f"EXECUTE question_{(ORDER, CUSTOMER, PAGE).index(text)} ({', '.join(map(str, values))})"
    if not explain:
        await connection.execute(execute)
        return []
    return nodes_of(json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {execute}"))[0]["Plan"])


def too_much(nodes: list[Plan], most: int) -> list[str]:
    """What is wrong with a plan."""
    whole = [f"all of {node['Relation Name']}" for node in nodes if node["Node Type"] == "Seq Scan"]
    return whole + ([f"{rows_scanned(nodes):g} rows"] if rows_scanned(nodes) > most else [])


async def faults(connection: Connection) -> dict[str, list[str]]:
    found = {name: too_much(await ask(connection, text, values), most) for name, text, values, most in QUESTIONS}
    return {name: wrong for name, wrong in found.items() if wrong}


async def test_plans_made_before_anything_changed_serve_a_hundred_thousand_changes(stocked: Connection) -> None:
    await stocked.execute("SET plan_cache_mode = force_generic_plan")
    await prepare(stocked)
    for _, text, values, _ in QUESTIONS:
        await ask(stocked, text, values, explain=False)
    await stocked.execute(RECORD)
    assert await faults(stocked) == {}


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_plans_made_with_a_hundred_thousand_changes_read_few_of_them(stocked: Connection, mode: str) -> None:
    await stocked.execute(RECORD)
    await stocked.execute(f"ANALYZE {', '.join(CHANGES.values())}")
    await stocked.execute(f"SET plan_cache_mode = {mode}")
    await prepare(stocked)
    assert await faults(stocked) == {}


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_a_key_that_changes_all_the_time_does_not_slow_the_others(stocked: Connection, mode: str) -> None:
    await stocked.execute(RECORD_BUSY)
    await stocked.execute(f"ANALYZE {', '.join(CHANGES.values())}")
    await stocked.execute(f"SET plan_cache_mode = {mode}")
    await prepare(stocked)
    assert await faults(stocked) == {}
