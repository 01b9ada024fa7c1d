"""What was done by hand to the parts of a view in the database is found, and said what to do about.

Planted bugs, each seen to fail here: triggers that are enabled for the origin alone taken for always enabled; a stamp of
another view taken for this one's; an index on some rows taken for a key; triggers of some columns taken for whole ones.
"""

import re

import asyncpg
import pytest
from tests.views.catalog.inn import GUESTS, Connection, per_guest

from clone_cqrs.postgres import Database
from clone_cqrs.views import MaterializedView, ViewFinding, check_views, create_fresh_view, refresh_view
from clone_cqrs.views.catalog.check import findings_of

AGAIN = """
DROP MATERIALIZED VIEW inn.guest_view CASCADE;
CREATE MATERIALIZED VIEW inn.guest_view AS {};
CREATE UNIQUE INDEX ON inn.guest_view (id);
"""
DONE_BY_HAND = {
    "view_made_without_its_stamp": (AGAIN.format("SELECT * FROM inn.guest_definition"), ["stamp_missing", "fresh_differs"]),
    "view_with_a_stamp_of_another": (
        AGAIN.format(
            "SELECT * FROM inn.guest_definition UNION ALL SELECT (NULL::inn.guest_definition).*"
            " WHERE cqrs.stamp_view('inn.room_view', pg_current_snapshot())"
        ),
        ["stamp_missing", "fresh_differs"],
    ),
    "view_of_something_else": (
        AGAIN.format("SELECT id, name FROM inn.guest"),
        ["stamp_missing", "definition_differs", "fresh_differs"],
    ),
    "view_dropped": ("DROP MATERIALIZED VIEW inn.guest_view CASCADE", ["view_missing"]),
    "fresh_reading_made_plain": (
        "DROP VIEW inn.guest_fresh; CREATE VIEW inn.guest_fresh AS SELECT * FROM inn.guest_view",
        ["fresh_differs"],
    ),
    "key_dropped": ("DROP INDEX inn.guest_view_key", ["key_not_unique"]),
    "key_of_some_rows": (
        "DROP INDEX inn.guest_view_key; CREATE UNIQUE INDEX ON inn.guest_view (id) WHERE id > 0",
        ["key_not_unique"],
    ),
    "trigger_disabled": ("ALTER TABLE inn.visit DISABLE TRIGGER USER", ["trigger_disabled"] * 4),
    "trigger_for_the_origin_alone": ("ALTER TABLE inn.visit ENABLE TRIGGER inn_guest_of_inn_visit_u", ["trigger_disabled"]),
    "trigger_dropped": ("DROP TRIGGER inn_guest_of_inn_visit_d ON inn.visit", ["trigger_missing"]),
    "trigger_of_some_columns": (
        "DROP TRIGGER inn_guest_of_inn_visit_u ON inn.visit;"
        " CREATE TRIGGER inn_guest_of_inn_visit_u AFTER UPDATE OF paid ON inn.visit"
        " FOR EACH STATEMENT EXECUTE FUNCTION cqrs.inn_guest_of_inn_visit()",
        ["trigger_missing"],
    ),
    "stamp_of_another_server": (
        "UPDATE cqrs.view_stamp SET snapshot = '9000000000000:9000000000000:'",
        ["not_filled"],
    ),
    "no_stamp": ("DELETE FROM cqrs.view_stamp", ["not_filled"]),
    "unknown": ("DELETE FROM cqrs.view", ["not_registered"]),
    "no_ballast": ("TRUNCATE cqrs.changed_inn_guest", ["ballast_missing"]),
    "not_swept": ("UPDATE cqrs.view SET waits_for = 'pg_read_all_stats'", ["not_swept"]),
    "definition_that_reads_more": (
        "CREATE OR REPLACE VIEW inn.guest_definition AS SELECT g.id, g.name,"
        " (SELECT sum(m.price) FROM inn.meal m WHERE m.visit_id = g.id) AS total FROM inn.guest g",
        ["table_undeclared"],
    ),
}


async def checked(dsn: str, *views: MaterializedView) -> tuple[ViewFinding, ...]:
    async with Database.open(dsn) as database:
        return await check_views(database, views)


async def test_finds_what_was_done_by_hand(dsn: str, connection: Connection) -> None:
    await create_fresh_view(connection, GUESTS)
    assert await checked(dsn, GUESTS) == ()
    found = {}
    for deed, (statements, _codes) in DONE_BY_HAND.items():
        undone = connection.transaction()
        await undone.start()
        await connection.execute(statements)
        findings = await findings_of(connection, GUESTS)
        await undone.rollback()
        assert all(str(finding).startswith("inn.guest_view: ") for finding in findings)
        found[deed] = [finding.code for finding in findings]
    assert found == {deed: codes for deed, (_statements, codes) in DONE_BY_HAND.items()}


async def test_what_it_says_to_do_mends_a_trigger(dsn: str, connection: Connection) -> None:
    await create_fresh_view(connection, GUESTS)
    await connection.execute(
        "ALTER TABLE inn.visit DISABLE TRIGGER inn_guest_of_inn_visit_u; DROP TRIGGER inn_guest_of_inn_guest_i ON inn.guest"
    )
    disabled, missing = sorted(await checked(dsn, GUESTS), key=lambda finding: finding.code)
    (enable,) = re.findall(r"ALTER TABLE .*?ALWAYS TRIGGER \S+(?=,)", disabled.message)
    await connection.execute(enable)
    for event in "udt":
        await connection.execute(f"DROP TRIGGER inn_guest_of_inn_guest_{event} ON inn.guest")
    (follow,) = re.findall(r"SELECT cqrs\.follow_changes\(.*?\)(?=,)", missing.message)
    await connection.execute(follow)
    assert await checked(dsn, GUESTS) == ()


async def test_a_refresh_puts_the_ballast_back(dsn: str, connection: Connection) -> None:
    await create_fresh_view(connection, GUESTS)
    await connection.execute("TRUNCATE cqrs.changed_inn_guest")
    async with Database.open(dsn) as database:
        await refresh_view(database, "inn.guest_view")
        await refresh_view(database, "inn.guest_view")
    assert await checked(dsn, GUESTS) == ()
    assert await connection.fetchval("SELECT count(*) FROM cqrs.changed_inn_guest") == 5_000


async def test_a_view_without_a_fresh_reading_needs_its_key_alone(dsn: str, connection: Connection) -> None:
    plain = MaterializedView(name="inn.stale", key="guest_id")
    (finding,) = await checked(dsn, plain)
    assert (finding.code, finding.is_warning) == ("key_not_unique", False)
    await connection.execute('CREATE UNIQUE INDEX ON "inn"."stale" ("guest_id")')
    assert await checked(dsn, plain) == ()


async def test_a_change_of_whatever_column_is_noted(connection: Connection) -> None:
    # All that the catalog says is read, and all that count(*) and whole rows stand for.
    await connection.execute(
        "INSERT INTO inn.guest VALUES (1, 'Ada'), (2, 'Grace'); INSERT INTO inn.visit VALUES (1, 1, 5, 5, '5')"
    )
    await create_fresh_view(
        connection, per_guest("(SELECT to_jsonb(v) FROM inn.visit v WHERE v.guest_id = g.id ORDER BY v.id LIMIT 1)")
    )
    noted = {}
    for column in ("id", "guest_id", "paid", "weight", "code"):
        undone = connection.transaction()
        await undone.start()
        await connection.execute(f"UPDATE inn.visit SET {column} = 2")
        rows = await connection.fetch("SELECT DISTINCT id FROM cqrs.changed_inn_guest WHERE xid IS NOT NULL ORDER BY id")
        await undone.rollback()
        noted[column] = [row["id"] for row in rows]
    assert noted == {"id": [1], "guest_id": [1, 2], "paid": [1], "weight": [1], "code": [1]}


async def test_a_role_that_may_not_look_is_told_so(dsn: str, connection: Connection) -> None:
    await create_fresh_view(connection, GUESTS)
    await connection.execute("DROP ROLE IF EXISTS inn_reader; CREATE ROLE inn_reader LOGIN")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await checked(dsn.replace("postgres@", "inn_reader@"), GUESTS)
    finally:
        await connection.execute("DROP OWNED BY inn_reader; DROP ROLE inn_reader")
