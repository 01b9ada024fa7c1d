"""verify_view finds every kind of wrong row, wherever it is among the keys, and can have it computed.

Planted bugs, each seen to fail here: rows of one key taken for one; the end left out of a range, and its beginning let in; no
rows after the view's last key in a sample; changes of one list noted alone, whichever; pages of lists not compared.
"""

import asyncio
from dataclasses import replace

import asyncpg
import pytest
from tests.views.fresh.shop import CUSTOMERS, ORDERS, Connection, differences
from tests.views.verification.conftest import Unheard

from clone_cqrs.postgres import Database
from clone_cqrs.views import MaterializedView, RowDifference, Verification, create_fresh_view, refresh_view, verify_view
from clone_cqrs.views.verification import batches, verify

LEFT = [*range(50), 51]  # of the orders, when the first five have been written
WRONG = {
    "child": ("UPDATE shop.item SET price = 1000 WHERE order_id = 7", [("7", "differs")]),
    "row_that_is_gone": ('UPDATE shop."order" SET deleted_at = now() WHERE id = 50', [("50", "has")]),
    "row_that_is_new": ('INSERT INTO shop."order" (id, customer_id) VALUES (0, 1)', [("0", "lacks")]),
    "row_after_the_last": ('INSERT INTO shop."order" (id, customer_id) VALUES (51, 1)', [("51", "lacks")]),
    "list_that_is_another": ('UPDATE shop."order" SET customer_id = 1 WHERE id = 9', [("9", "differs")]),
    "many": ('UPDATE shop."order" SET placed_at = now()', [(str(n), "differs") for n in LEFT]),
    "everything": ('TRUNCATE shop."order" CASCADE', [(str(n), "has") for n in LEFT]),
}

ENDLESS = """
    CREATE OR REPLACE VIEW shop.order_summary_definition AS
    SELECT id, customer_id, placed_at, count, total FROM shop.order_summary_view, pg_sleep(100)
"""


def found(verification: Verification) -> list[tuple[str, str]]:
    return sorted(((row.key[0], row.side) for row in verification.differences), key=lambda row: int(row[0]))


async def test_right_readings_pass(clerk: Connection, database: Database) -> None:
    await clerk.execute("UPDATE shop.item SET price = 1 WHERE order_id IN (1, 7, 50)")
    await clerk.execute('INSERT INTO shop."order" (id, customer_id) VALUES (0, 1), (51, 1)')
    orders = await verify_view(database, ORDERS, sample=None)
    assert (orders.passed, orders.rows, orders.different, orders.noted, orders.whole) == (True, 52, 0, 0, True)
    assert (await verify_view(database, CUSTOMERS)).passed


@pytest.mark.parametrize("batch", [1, 7, 500])
async def test_finds_what_is_wrong_and_mends_it(
    clerk: Connection, database: Database, unheard: Unheard, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "BATCH", batch)
    for name, (sql, expected) in WRONG.items():
        await refresh_view(database, ORDERS.name)
        await unheard(sql)
        assert found(await verify_view(database, ORDERS, sample=None, shown=100)) == expected, name
        repaired = await verify_view(database, ORDERS, sample=None, shown=100, repair=True)
        assert (found(repaired), repaired.different) == (expected, len(expected)), name
        assert (await verify_view(database, ORDERS, sample=None)).passed, name
    await verify_view(database, CUSTOMERS, sample=None, repair=True)
    assert await differences(clerk) == []


async def test_shows_the_columns_that_differ_and_keeps_what_is_hidden(database: Database, unheard: Unheard) -> None:
    await unheard("UPDATE shop.item SET price = 1000 WHERE order_id = 7; UPDATE shop.customer SET name = 'Ada' WHERE id = 3")
    (row,) = (await verify_view(database, ORDERS)).differences
    assert (row.reading, row.key, row.side) == ("shop.order_summary_fresh", ("7",), "differs")
    (total,) = row.columns
    assert (total.column, total.definition, total.hidden) == ("total", "4000", False)
    assert total.fresh is not None
    customers = (await verify_view(database, CUSTOMERS, hidden=("name",))).differences
    values = {column.column: (column.fresh, column.definition, column.hidden) for row in customers for column in row.columns}
    assert values["name"] == (None, None, True)
    assert "Ada" not in repr(customers)


async def test_compares_pages_of_lists(clerk: Connection, database: Database) -> None:
    await clerk.execute("UPDATE shop.item SET price = 1 WHERE order_id IN (1, 7, 50)")
    verification = await verify_view(database, ORDERS, sample=20)
    assert (verification.passed, verification.lists) == (True, 5)
    assert (await verify_view(database, CUSTOMERS)).lists == 0
    # A list that is cut before what has changed is added to it.
    page = await clerk.fetchval("SELECT pg_get_functiondef('shop.order_summary_fresh_list'::regproc)")
    begin, _, _ = page.partition("BEGIN ATOMIC")
    cut = "SELECT f.* FROM shop.order_summary_view f WHERE f.customer_id = $1 ORDER BY f.placed_at, f.id LIMIT $2"
    await clerk.execute(f"{begin} BEGIN ATOMIC {cut}; END")
    verification = await verify_view(database, ORDERS)
    assert {row.reading for row in verification.differences} == {"shop.order_summary_fresh_list"}
    assert not verification.passed


async def test_counts_what_it_does_not_show(database: Database, unheard: Unheard) -> None:
    await unheard('UPDATE shop."order" SET placed_at = now()')
    verification = await verify_view(database, ORDERS, shown=3)
    assert (len(verification.differences), verification.different, verification.passed) == (3, 50, False)


async def test_finds_a_row_that_a_reading_has_twice(clerk: Connection, database: Database) -> None:
    twice = "SELECT * FROM shop.order_summary_view UNION ALL SELECT * FROM shop.order_summary_view WHERE id = 7"
    await clerk.execute(f"CREATE OR REPLACE VIEW shop.order_summary_fresh AS {twice}")
    (row,) = (await verify_view(database, ORDERS)).differences
    assert isinstance(row, RowDifference)
    assert (row.key, row.side) == (("7",), "has")


async def test_mends_more_than_it_looks_at_once(database: Database, unheard: Unheard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_AT_ONCE", 3)
    await unheard('UPDATE shop."order" SET placed_at = now()')
    repaired = await verify_view(database, ORDERS, repair=True, shown=3)
    assert (repaired.rows, repaired.different, repaired.noted) == (50, 50, 50)
    assert (await verify_view(database, ORDERS)).passed


async def test_what_no_change_can_mend_is_told_and_does_not_go_on_for_ever(
    clerk: Connection, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_AT_ONCE", 3)
    await clerk.execute("CREATE OR REPLACE VIEW shop.order_summary_fresh AS SELECT * FROM shop.order_summary_view WHERE false")
    async with asyncio.timeout(60):
        verification = await verify_view(database, ORDERS, repair=True)
    assert not verification.passed


async def test_a_sample_is_what_was_asked_for_and_finds_what_is_everywhere(
    clerk: Connection, database: Database, unheard: Unheard
) -> None:
    await clerk.execute('INSERT INTO shop."order" (id, customer_id) SELECT n, 1 FROM generate_series(100, 3000) AS n')
    await refresh_view(database, ORDERS.name)
    verification = await verify_view(database, ORDERS, sample=200)
    assert verification.passed
    assert not verification.whole
    assert 40 < verification.rows <= 200
    await unheard("UPDATE shop.\"order\" SET placed_at = placed_at + interval '1 s'")
    verification = await verify_view(database, ORDERS, sample=200)
    assert verification.different == verification.rows > 40
    # Those that are newer than the view, too: they come after its last key.
    await refresh_view(database, ORDERS.name)
    await unheard('INSERT INTO shop."order" (id, customer_id) VALUES (9000, 1)')
    assert found(await verify_view(database, ORDERS, sample=200)) == [("9000", "lacks")]


async def test_keys_of_several_columns_and_of_text_are_compared_in_their_order(
    clerk: Connection, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "BATCH", 3)
    await clerk.execute(
        """
        CREATE TABLE shop.stock (shelf text, place numeric, at timestamptz NOT NULL, PRIMARY KEY (shelf, place));
        INSERT INTO shop.stock SELECT chr(60 + n % 5) || '''é', n + 0.5, now() FROM generate_series(1, 20) AS n
        """
    )
    stock = MaterializedView(
        name="shop.stock_view",
        key=("shelf", "place"),
        definition="SELECT shelf, place, at FROM shop.stock",
        changes={"shop.stock": ("shelf", "place")},
    )
    await create_fresh_view(clerk, stock)
    await clerk.execute("UPDATE shop.stock SET at = at + interval '1 s' WHERE place > 5")
    verification = await verify_view(database, stock, sample=None)
    assert (verification.rows, verification.different) == (20, 0)
    await clerk.execute("ALTER TABLE shop.stock DISABLE TRIGGER USER; DELETE FROM shop.stock WHERE place IN (1.5, 3.5)")
    verification = await verify_view(database, stock, sample=None, repair=True)
    assert sorted(row.key[1] for row in verification.differences) == ["1.5", "3.5"]
    assert (await verify_view(database, stock, sample=None)).passed


async def test_waits_for_nobody_and_keeps_nobody_waiting(clerk: Connection, database: Database, dsn: str) -> None:
    refreshing = clerk.transaction()
    await refreshing.start()
    await clerk.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY shop.order_summary_view")
    await clerk.execute("LOCK TABLE shop.item IN SHARE ROW EXCLUSIVE MODE")
    held: set[str] = set()
    observer = await asyncpg.connect(dsn)
    modes = """
        SELECT l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE a.application_name = 'clone-cqrs verify' AND l.locktype = 'relation'
    """
    verifying = asyncio.create_task(verify_view(database, ORDERS, sample=None))
    while not verifying.done():
        held.update(row["mode"] for row in await observer.fetch(modes))
    assert (await verifying).passed
    assert held <= {"AccessShareLock"}
    await observer.close()
    await refreshing.rollback()


async def test_a_statement_that_takes_too_long_is_tried_with_fewer_rows(
    clerk: Connection, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    batch = batches._batch

    async def slow(connection: Connection, comparison: object, after: object, size: int, *rest: object) -> object:
        asked.append(size)
        if size > 10:
            # What the server does with a statement over its time.
            raise asyncpg.QueryCanceledError("canceling statement due to statement timeout")
        return await batch(connection, comparison, after, size, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(batches, "_batch", slow)
    assert (await verify_view(database, ORDERS, sample=None)).rows == 50
    assert asked[:3] == [500, 100, 20]
    monkeypatch.setattr(batches, "_batch", batch)
    await clerk.execute(ENDLESS)
    with pytest.raises(asyncpg.QueryCanceledError):
        await verify_view(database, ORDERS, statement_timeout=0.05)


async def test_tells_how_far_it_is(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "BATCH", 20)
    told: list[tuple[int, int]] = []
    await verify_view(database, ORDERS, sample=None, progress=lambda rows, expected: told.append((rows, expected)))
    assert [rows for rows, _expected in told] == [20, 40, 50]
    assert all(rows <= expected for rows, expected in told)


async def test_leaves_no_statement_behind_when_it_is_cancelled(clerk: Connection, database: Database) -> None:
    await clerk.execute(ENDLESS)
    running = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'clone-cqrs verify' AND state = 'active'"
    gone = "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'clone-cqrs verify'"
    verifying = asyncio.create_task(verify_view(database, ORDERS, sample=None))
    async with asyncio.timeout(30):
        while not await clerk.fetchval(running):  # noqa: ASYNC110 - the server is what is waited for
            await asyncio.sleep(0.01)
    verifying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await verifying
    async with asyncio.timeout(30):
        while not await clerk.fetchval(gone):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_says_what_it_cannot_compare(database: Database) -> None:
    with pytest.raises(ValueError, match="no fresh reading"):
        await verify_view(database, MaterializedView(name="points_view", key="id"))
    with pytest.raises(LookupError, match="nowhere_definition"):
        await verify_view(database, replace(ORDERS, name="shop.nowhere_view"))
