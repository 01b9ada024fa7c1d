"""Views that note their changes in one table: one row for a write that touches both, swept when both have it.

Planted bugs, each seen to fail here: a sweep by the stamp of one view; a change of one view counted as the other's; columns
looked up in different places noted as one row; a refresh of the view that was asked for alone.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest
from tests.views.fresh import shop
from tests.views.fresh.conftest import Connect
from tests.views.fresh.shop import Connection, changed, changes_of, differences

from clone_cqrs.postgres import Database
from clone_cqrs.views import (
    MaterializedView,
    SharedChanges,
    check_views,
    count_changes,
    create_fresh_view,
    keep_up,
    refresh_view,
    sweep_view,
    verify_view,
    view_load,
)
from clone_cqrs.views.fresh.worth import Load, decide

ORDERS, CUSTOMERS = "shop.order_summary_view", "shop.customer_totals_view"
ROWS = "SELECT count(*) FROM cqrs.changed_shop_orders WHERE xid IS NOT NULL"
WRITE = "UPDATE shop.item SET price = 5 WHERE order_id = 7"


@pytest.fixture
def sharing() -> bool:
    return True


@pytest.fixture
async def database(dsn: str, clerk: Connection) -> AsyncIterator[Database]:
    async with Database.open(dsn) as opened:
        yield opened


async def test_a_write_that_touches_both_notes_one_row(clerk: Connection) -> None:
    await clerk.execute(WRITE)
    assert await clerk.fetchval(ROWS) == 1
    assert await changes_of(clerk, "order_summary") == [(3, 7)]
    assert await changes_of(clerk, "customer_totals") == [(3,)]


async def test_a_write_that_touches_one_is_no_change_of_the_other(clerk: Connection, database: Database) -> None:
    await clerk.execute("UPDATE shop.customer SET name = 'Ada' WHERE id = 3")
    assert await changes_of(clerk, "order_summary") == []
    assert await changes_of(clerk, "customer_totals") == [(3,)]
    orders, customers = [await view_load(database, view) for view in (ORDERS, CUSTOMERS)]
    assert orders is not None
    assert customers is not None
    assert (orders.changes, customers.changes) == (0, 1)
    assert [await count_changes(database, view) for view in shop.SHARING] == [0, 1]


async def test_a_change_is_kept_until_both_have_it(clerk: Connection, database: Database) -> None:
    await clerk.execute(WRITE)
    await refresh_view(database, ORDERS)
    assert await changed(clerk, "order_summary") == 1
    assert await differences(clerk) == []
    await refresh_view(database, CUSTOMERS)
    assert await changed(clerk, "customer_totals") == 0
    assert await differences(clerk) == []


async def test_either_s_sweep_is_both_s(clerk: Connection, database: Database) -> None:
    await clerk.execute(WRITE)
    await shop.refresh(clerk)
    assert await sweep_view(database, ORDERS) == 1
    assert await sweep_view(database, CUSTOMERS) == 0
    assert await clerk.fetchval("SELECT count(*) FROM cqrs.view WHERE swept_at IS NULL OR waits_for IS NOT NULL") == 0


async def test_a_change_of_one_is_swept_without_the_other(clerk: Connection, database: Database) -> None:
    await clerk.execute("UPDATE shop.customer SET name = 'Ada' WHERE id = 3")
    await refresh_view(database, CUSTOMERS)
    assert await clerk.fetchval(ROWS) == 0


async def test_looking_at_one_refreshes_both(clerk: Connection, database: Database) -> None:
    await clerk.execute(WRITE)
    outcome = await keep_up(database, CUSTOMERS)
    assert (outcome.refreshed, outcome.up_to_date) == (True, True)
    assert await clerk.fetchval(ROWS) == 0
    assert await clerk.fetchval("SELECT count(*) FROM cqrs.view WHERE refreshed_at IS NULL") == 0
    other = await keep_up(database, ORDERS)
    assert (other.refreshed, other.up_to_date) == (False, True)


async def test_one_that_another_process_refreshes_is_left_to_it(
    clerk: Connection, other: Connection, database: Database
) -> None:
    await clerk.execute(WRITE)
    refreshing = other.transaction()
    await refreshing.start()
    await other.execute("SELECT pg_advisory_xact_lock(hashtextextended('cqrs.refresh:shop.order_summary_view', 0))")
    outcome = await keep_up(database, CUSTOMERS)
    assert (outcome.refreshed, outcome.up_to_date) == (True, True)
    assert outcome.again_s is not None
    assert await clerk.fetchval(ROWS) == 1
    await refreshing.rollback()
    await clerk.execute("UPDATE cqrs.view SET refresh_seconds = 0")
    assert (await keep_up(database, ORDERS)).refreshed
    assert await clerk.fetchval(ROWS) == 0


def test_two_views_are_refreshed_when_reads_of_both_have_cost_what_both_refreshes_would() -> None:
    one = Load(rows=1_000_000, changes=10_000, reads=21_000_000, refresh_seconds=10.0, since_refresh=1_000.0)
    other = replace(one, reads=0, refresh_seconds=1.0)
    assert decide(one).refresh
    assert not decide(one, other).refresh
    assert decide(one, replace(other, reads=1_100_000)).refresh
    # One that lacks nothing has nothing to be refreshed for.
    assert decide(one, replace(other, changes=0)).refresh
    assert not decide(replace(one, since_refresh=43.0), replace(other, reads=9_000_000)).refresh
    assert decide(replace(one, since_refresh=44.0), replace(other, reads=9_000_000)).refresh


async def test_parts_are_checked_and_rows_repaired(clerk: Connection, database: Database) -> None:
    assert await check_views(database, shop.SHARING) == ()
    await clerk.execute("ALTER TABLE shop.item DISABLE TRIGGER USER")
    assert {finding.view for finding in await check_views(database, shop.SHARING)} == {ORDERS, CUSTOMERS}
    await clerk.execute(WRITE)
    # What is noted for the one is the other's, too.
    found = [len((await verify_view(database, view, repair=True)).differences) for view in shop.SHARING]
    assert found == [1, 0]
    assert await differences(clerk) == []


REFERRED = """
CREATE SCHEMA inn;
CREATE TABLE inn.guest (id integer PRIMARY KEY);
CREATE TABLE inn.visit (id integer PRIMARY KEY, guest_id integer NOT NULL, referred_by integer);
CREATE INDEX ON inn.visit (guest_id); CREATE INDEX ON inn.visit (referred_by);
INSERT INTO inn.guest SELECT n FROM generate_series(1, 9) AS n;
INSERT INTO inn.visit SELECT n, n, n % 3 FROM generate_series(1, 9) AS n;
"""
VISITS = MaterializedView(
    name="inn.visit_view",
    key="id",
    list_key="guest_id",
    definition="SELECT v.id, v.guest_id, v.referred_by FROM inn.visit v",
    changes={"inn.visit": ("id", "guest_id")},
    shared_changes=SharedChanges("visits"),
)
REFERRALS = MaterializedView(
    name="inn.referral_view",
    key="guest_id",
    definition="SELECT g.id AS guest_id, (SELECT count(*) FROM inn.visit v WHERE v.referred_by = g.id) FROM inn.guest g",
    changes={"inn.guest": "id", "inn.visit": "referred_by"},
    shared_changes=SharedChanges("visits"),
)


async def test_keys_in_different_places_are_noted_by_themselves(connect: Connect, dsn: str) -> None:
    connection = await connect()
    await connection.execute(REFERRED)
    await create_fresh_view(connection, VISITS, REFERRALS)
    await connection.execute("INSERT INTO inn.visit VALUES (10, 4, 5), (11, 6, NULL)")
    noted = await connection.fetch("SELECT guest_id, id FROM cqrs.changed_inn_visits WHERE xid IS NOT NULL ORDER BY 1, 2")
    assert [tuple(row) for row in noted] == [(4, 10), (5, None), (6, 11)]
    for write in (
        "UPDATE inn.visit SET referred_by = 7 WHERE id = 10",
        "DELETE FROM inn.visit WHERE id < 5",
        "TRUNCATE inn.visit",
    ):
        await connection.execute(write)
        for base in ("visit", "referral"):
            missing = f"SELECT * FROM inn.{base}_definition EXCEPT ALL SELECT * FROM inn.{base}_fresh"
            surplus = f"SELECT * FROM inn.{base}_fresh EXCEPT ALL SELECT * FROM inn.{base}_definition"
            assert await connection.fetch(f"({missing}) UNION ALL ({surplus})") == [], write


REFUSED = {
    "they do not share": (replace(VISITS, shared_changes=None), REFERRALS, "do not share their changes"),
    "other names": (
        replace(VISITS, shared_changes=SharedChanges("visits", {"guest_id": "guest"})),
        REFERRALS,
        "to be the first",
    ),
    "another type": (
        VISITS,
        replace(
            REFERRALS,
            definition="SELECT g.id::bigint AS guest_id, (SELECT count(*) FROM inn.visit v WHERE v.referred_by = g.id)"
            " FROM inn.guest g",
        ),
        "same types",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_views_that_cannot_share_are_refused(connect: Connect, case: str) -> None:
    connection = await connect()
    await connection.execute(REFERRED)
    one, other, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        await create_fresh_view(connection, one, other)
    assert await connection.fetchval("SELECT to_regclass('inn.visit_view')") is None


def test_a_declaration_that_shares_what_it_has_not_is_refused() -> None:
    for wrong in (
        {"changes": {}, "shared_changes": SharedChanges("visits")},
        {"shared_changes": SharedChanges("inn.visits")},
        {"shared_changes": SharedChanges("visits", {"name": "guest_name"})},
    ):
        with pytest.raises(ValueError, match=r"inn\.referral_view"):
            replace(REFERRALS, **wrong)


async def test_a_view_made_alone_cannot_join_later(connect: Connect) -> None:
    connection = await connect()
    await connection.execute(REFERRED)
    await create_fresh_view(connection, VISITS)
    with pytest.raises(asyncpg.DuplicateTableError):
        await create_fresh_view(connection, REFERRALS)
    await create_fresh_view(connection, replace(VISITS, definition=None), replace=True)
    await create_fresh_view(connection, VISITS, REFERRALS, replace=True)
