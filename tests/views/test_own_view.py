"""A view of a user's own: in another schema than its tables, under names that need quotes, from declaration to repair."""

from dataclasses import replace

import asyncpg

from clone_cqrs.postgres import Database
from clone_cqrs.views import MaterializedView, check_views, create_fresh_view, refresh_view, verify_view

TABLES = """
CREATE SCHEMA "Guest House"; CREATE SCHEMA reports;
CREATE TABLE "Guest House"."Guest" ("Id" integer PRIMARY KEY, "Full name" text NOT NULL);
CREATE TABLE "Guest House".visit (id integer PRIMARY KEY, "of" integer NOT NULL REFERENCES "Guest House"."Guest", paid numeric);
CREATE INDEX ON "Guest House".visit ("of");
INSERT INTO "Guest House"."Guest" SELECT n, 'guest ' || n FROM generate_series(1, 30) AS n;
INSERT INTO "Guest House".visit SELECT n, 1 + n % 30, n FROM generate_series(1, 90) AS n;
"""
SPENT = MaterializedView(
    name='reports."Spent by Guest_view"',
    key='"Guest Id"',
    definition="""
        SELECT g."Id" AS "Guest Id", g."Full name", paid."total $" FROM "Guest House"."Guest" g
        CROSS JOIN LATERAL (SELECT sum(v.paid) AS "total $" FROM "Guest House".visit v WHERE v."of" = g."Id") paid
    """,
    changes={'"Guest House"."Guest"': '"Id"', '"Guest House".visit': '"of"'},
)
READ = 'SELECT "total $" FROM reports."Spent by Guest_fresh" WHERE "Guest Id" = 7'


async def test_a_view_of_ones_own_is_declared_checked_verified_and_repaired(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(TABLES)
        await create_fresh_view(connection, SPENT)
        before = await connection.fetchval(READ)
        await connection.execute('UPDATE "Guest House".visit SET paid = paid + 1 WHERE "of" = 7')
        assert await connection.fetchval(READ) == before + 3
        async with Database.open(dsn) as database:
            assert await check_views(database, [SPENT]) == ()
            await refresh_view(database, SPENT.name)
            await connection.execute('ALTER TABLE "Guest House".visit DISABLE TRIGGER USER')
            await connection.execute('UPDATE "Guest House".visit SET paid = paid + 1 WHERE "of" = 7')
            assert {finding.code for finding in await check_views(database, [SPENT])} == {"trigger_disabled"}
            (row,) = (await verify_view(database, SPENT, repair=True)).differences
            assert (row.key, [column.column for column in row.columns]) == (("7",), ["total $"])
        assert await connection.fetchval(READ) == before + 6
    finally:
        await connection.close()


async def test_views_of_one_name_in_two_schemas_follow_one_table_each(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(TABLES)
        await connection.execute("CREATE SCHEMA monthly")
        for schema in ("reports", "monthly"):
            await create_fresh_view(connection, replace(SPENT, name=f'{schema}."Spent by Guest_view"'))
        await connection.execute('UPDATE "Guest House".visit SET paid = 1 WHERE "of" = 7')
        for schema in ("reports", "monthly"):
            read = f'SELECT "total $" FROM {schema}."Spent by Guest_fresh" WHERE "Guest Id" = 7'
            assert await connection.fetchval(read) == 3, schema
    finally:
        await connection.close()
