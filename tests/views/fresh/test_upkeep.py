"""Refreshing and sweeping a view with a fresh reading, and when that is worth its cost."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.views.fresh.shop import Connection, changed, differences

from clone_cqrs.postgres import Database
from clone_cqrs.views import keep_up, refresh_if_worth, refresh_view, sweep_view, view_load
from clone_cqrs.views.fresh.worth import LOOK_AGAIN_S, Load, decide

ORDERS = "shop.order_summary_view"
BUSY = Load(rows=1_000_000, changes=10_000, reads=0, refresh_seconds=20.0, since_refresh=1_000.0)


@pytest.fixture
async def database(dsn: str, clerk: Connection) -> AsyncIterator[Database]:
    async with Database.open(dsn) as opened:
        yield opened


async def test_a_refresh_sweeps_what_the_view_now_has(clerk: Connection, database: Database) -> None:
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    assert await changed(clerk, "order_summary") == 1
    await refresh_view(database, ORDERS)
    assert await changed(clerk, "order_summary") == 0
    assert await differences(clerk) == []
    kept = await clerk.fetchrow("SELECT * FROM cqrs.view WHERE name = $1", ORDERS)
    assert kept is not None
    assert kept["refreshed_at"] is not None
    assert kept["refresh_seconds"] > 0
    assert kept["swept"] == 1
    assert kept["waits_for"] is None


async def test_what_a_snapshot_in_use_kept_is_swept_later(clerk: Connection, other: Connection, database: Database) -> None:
    reading = other.transaction(isolation="repeatable_read")
    await reading.start()
    await other.fetchval("SELECT 1")
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    await refresh_view(database, ORDERS)
    assert await changed(clerk, "order_summary") == 1
    await reading.rollback()
    assert await sweep_view(database, ORDERS) == 1
    assert await sweep_view(database, ORDERS) == 0


async def test_a_view_without_a_fresh_reading_is_refreshed_and_not_swept(clerk: Connection, database: Database) -> None:
    await clerk.execute("CREATE MATERIALIZED VIEW plain AS SELECT 1 AS id; CREATE UNIQUE INDEX ON plain (id)")
    assert await refresh_if_worth(database, "plain")
    assert await view_load(database, "plain") is None
    with pytest.raises(LookupError, match="no fresh reading"):
        await sweep_view(database, "plain")


async def test_the_first_refresh_comes_with_the_first_change(clerk: Connection, database: Database) -> None:
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    load = await view_load(database, ORDERS)
    assert load is not None
    assert load.refresh_seconds is None
    assert load.changes == 1
    assert await refresh_if_worth(database, ORDERS)
    assert not await refresh_if_worth(database, ORDERS)


LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('cqrs.refresh:shop.order_summary_view', 0))"


async def test_looking_at_a_view_that_is_being_refreshed_waits_for_nothing(
    clerk: Connection, other: Connection, database: Database
) -> None:
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    refreshing = other.transaction()
    await refreshing.start()
    await other.execute(LOCK)
    outcome = await keep_up(database, ORDERS)
    assert (outcome.refreshed, outcome.waits_for) == (False, "another process refreshes it")
    assert outcome.again_s == LOOK_AGAIN_S
    await refreshing.rollback()
    assert (await keep_up(database, ORDERS)).refreshed


async def test_a_view_rests_and_says_when_to_look_again(clerk: Connection, database: Database) -> None:
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    assert (await keep_up(database, ORDERS)).refreshed
    assert (await keep_up(database, ORDERS)).waits_for == "nothing has changed since the last refresh"
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    await clerk.execute("UPDATE cqrs.view SET refresh_seconds = 1000")
    outcome = await keep_up(database, ORDERS)
    assert (outcome.refreshed, outcome.waits_for) == (False, "rests after the last refresh")
    assert outcome.again_s is not None
    assert 0 < outcome.again_s <= 4_000


async def test_what_a_refresh_typed_by_hand_covers_is_swept_and_counts_no_more(clerk: Connection, database: Database) -> None:
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    await clerk.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY shop.order_summary_view")
    load = await view_load(database, ORDERS)
    assert load is not None
    assert (load.changes, load.unswept) == (0, True)
    assert not (await keep_up(database, ORDERS)).refreshed
    assert await changed(clerk, "order_summary") == 0


async def test_what_an_old_snapshot_holds_is_looked_at_again(clerk: Connection, other: Connection, database: Database) -> None:
    reading = other.transaction(isolation="repeatable_read")
    await reading.start()
    await other.fetchval("SELECT 1")
    await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id = 7")
    outcome = await keep_up(database, ORDERS)
    assert (outcome.refreshed, outcome.again_s) == (True, LOOK_AGAIN_S)
    kept = await clerk.fetchval("SELECT waits_for FROM cqrs.view WHERE name = $1", ORDERS)
    assert kept == "snapshots in use that are older than changes"
    await reading.rollback()
    assert (await keep_up(database, ORDERS)).again_s is None
    assert await changed(clerk, "order_summary") == 0
    assert await clerk.fetchval("SELECT waits_for FROM cqrs.view WHERE name = $1", ORDERS) is None


async def test_many_changes_are_counted_from_a_sample(clerk: Connection, database: Database) -> None:
    await clerk.execute(
        "INSERT INTO cqrs.changed_shop_order_summary (customer_id, id) SELECT n % 5, n FROM generate_series(1, 200000) AS n"
    )
    load = await view_load(database, ORDERS)
    assert load is not None
    assert 150_000 < load.changes < 250_000


def test_a_refresh_is_worth_what_reads_of_changed_rows_have_cost_by_then() -> None:
    # One in a hundred rows is changed: 40 million reads cost 20 s more than they would have.
    assert not decide(replace(BUSY, reads=39_000_000)).refresh
    assert decide(replace(BUSY, reads=41_000_000)).refresh
    assert decide(replace(BUSY, reads=4_100_000), extra_read_s=0.0005).refresh


def test_a_view_that_nobody_reads_is_refreshed_only_when_half_of_it_has_changed() -> None:
    assert not decide(replace(BUSY, changes=500_000)).refresh
    assert decide(replace(BUSY, changes=500_001)).refresh


def test_refreshes_are_never_back_to_back() -> None:
    overdue = replace(BUSY, changes=2_000_000, reads=1_000_000_000)
    assert not decide(replace(overdue, since_refresh=79.0)).refresh
    assert decide(replace(overdue, since_refresh=80.0)).refresh


def test_nothing_changed_is_nothing_to_refresh() -> None:
    assert not decide(replace(BUSY, changes=0, reads=1_000_000_000)).refresh
    assert not decide(Load(rows=0, changes=0, reads=0)).refresh


def test_the_first_refresh_is_soon_and_shows_what_it_takes() -> None:
    assert decide(Load(rows=0, changes=1, reads=0)).refresh


def test_why_not_yet_and_when_to_look_again() -> None:
    assert decide(replace(BUSY, reads=1)).again_s == 20.0
    assert decide(replace(BUSY, refresh_seconds=0.01)).again_s == LOOK_AGAIN_S
    assert decide(replace(BUSY, since_refresh=79.0)).again_s == pytest.approx(1.0)
    assert decide(replace(BUSY, changes=0)).again_s is None
