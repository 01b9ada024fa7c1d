"""Migrations: from many processes at once, twice, or as a script, the schema comes out the same, and only `cqrs` is made.

Planted bugs, each seen to fail its test: no advisory lock; a statement left out of the script; a table in another schema.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
from tests.commands.waiting import until
from tests.servers.postgresql import PrivateServer

from clone_cqrs.postgres import Database
from clone_cqrs.postgres.migrate import TOOLKIT, migration_sql

PROGRAM = """
import asyncio, sys
from clone_cqrs.postgres import Database

async def main():
    async with Database.open(sys.argv[1]) as database:
        print("ready", flush=True)
        sys.stdin.readline()
        await database.migrate()
        await database.migrate()
        print(await database.database_id(), flush=True)

asyncio.run(main())
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
OBJECTS = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('cqrs', 'information_schema') AND n.nspname !~ '^pg_'
"""


def schema_of(server: PrivateServer, dsn: str) -> str:
    """pg_dump's description of the database, where the server comes with pg_dump; the catalog is compared in any case."""
    binary = server.bin_directory / "pg_dump"
    if not binary.exists():
        return ""
    output = subprocess.run([binary, "--schema-only", dsn], check=True, stdout=subprocess.PIPE, text=True).stdout
    return "\n".join(line for line in output.splitlines() if not line.startswith((r"\restrict", r"\unrestrict")))


async def everything(dsn: str) -> list[tuple[str, str]]:
    """What the catalog says of the schema: columns, constraints, indexes, functions, triggers, sequences, rights."""
    queries = (
        "SELECT attrelid::regclass::text || '.' || attname, "
        "format('%s %s %s %s', format_type(atttypid, atttypmod), attnotnull, "
        "attidentity, pg_get_expr(d.adbin, d.adrelid)) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid "
        "LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (attrelid, attnum) "
        "WHERE c.relnamespace = 'cqrs'::regnamespace AND attnum > 0",
        "SELECT conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'cqrs'::regnamespace",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'cqrs'",
        "SELECT oid::regprocedure::text, pg_get_functiondef(oid) || coalesce(proacl::text, '') FROM pg_proc "
        "WHERE pronamespace = 'cqrs'::regnamespace",
        "SELECT tgrelid::regclass::text || '.' || tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = tgrelid WHERE c.relnamespace = 'cqrs'::regnamespace AND NOT tgisinternal",
        "SELECT c.oid::regclass::text, format('%s %s %s %s %s', relkind, relpersistence, reloptions, relacl, "
        "pg_get_expr(relpartbound, c.oid)) FROM pg_class c WHERE relnamespace = 'cqrs'::regnamespace",
        "SELECT sequencename, format('%s %s %s %s', start_value, increment_by, cycle, cache_size) FROM pg_sequences "
        "WHERE schemaname = 'cqrs'",
        "SELECT 'partition ' || number, format('%s %s', lower_position, upper_position) FROM cqrs.log_partition",
        "SELECT 'version', version_num FROM cqrs.schema_version",
    )
    connection = await asyncpg.connect(dsn)
    try:
        found = [await connection.fetch(query) for query in queries]
        return sorted((row[0], row[1]) for rows in found for row in rows)
    finally:
        await connection.close()


def started(dsn: str) -> subprocess.Popen[str]:
    """A process that migrates when it is told to."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, dsn],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )


async def test_ten_processes_at_once_end_well(empty_dsn: str, dsn: str) -> None:
    """A transaction of ours is in their way, so that all ten have surely begun before the first can go on."""
    children = [started(empty_dsn) for _ in range(10)]
    in_the_way = await asyncpg.connect(empty_dsn)
    observer = await asyncpg.connect(empty_dsn)
    try:
        async with asyncio.timeout(120):
            transaction = in_the_way.transaction()
            await transaction.start()
            await in_the_way.execute("CREATE SCHEMA cqrs")
            for child in children:
                assert child.stdout is not None
                assert child.stdin is not None
                assert child.stdout.readline() == "ready\n"
                child.stdin.write("go\n")
                child.stdin.flush()

            async def all_wait() -> bool:
                count: int = await observer.fetchval(WAITING)
                return count == 10

            await until(all_wait)
            await transaction.rollback()
            outcomes = [await asyncio.to_thread(child.communicate) for child in children]
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
                child.communicate()
        await in_the_way.close()
        await observer.close()
    assert [child.returncode for child in children] == [0] * 10
    assert len({out for out, _ in outcomes}) == 1, "all see one database id"
    assert await everything(empty_dsn) == await everything(dsn)


async def test_a_second_run_changes_nothing(dsn: str, server: PrivateServer) -> None:
    before, dumped = await everything(dsn), schema_of(server, dsn)
    async with Database.open(dsn) as database:
        first = await database.database_id()
        await database.migrate()
    async with Database.open(dsn) as database:
        assert await database.database_id() == first
    assert await everything(dsn) == before
    assert schema_of(server, dsn) == dumped


async def test_the_script_is_the_sum_of_the_migrations(empty_dsn: str, dsn: str, server: PrivateServer) -> None:
    connection = await asyncpg.connect(empty_dsn)
    try:
        async with connection.transaction():
            await connection.execute(migration_sql((TOOLKIT,)))
    finally:
        await connection.close()
    assert await everything(empty_dsn) == await everything(dsn)
    assert schema_of(server, empty_dsn) == schema_of(server, dsn)


async def test_a_database_made_by_the_script_is_known_as_migrated(empty_dsn: str) -> None:
    connection = await asyncpg.connect(empty_dsn)
    try:
        async with connection.transaction():
            await connection.execute(migration_sql((TOOLKIT,)))
        before = await everything(empty_dsn)
        async with Database.open(empty_dsn) as database:
            await database.migrate()
        assert await everything(empty_dsn) == before
    finally:
        await connection.close()


async def test_only_the_schema_cqrs_is_made(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        schemas = await connection.fetch(r"SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'")
        assert {row[0] for row in schemas} == {"cqrs", "public", "information_schema"}
        assert await connection.fetchval(OBJECTS) == 0
        assert [row[0] for row in await connection.fetch("SELECT extname FROM pg_extension")] == ["plpgsql"]
    finally:
        await connection.close()


async def test_a_migration_that_fails_leaves_nothing(empty_dsn: str) -> None:
    connection = await asyncpg.connect(empty_dsn)
    try:
        await connection.execute("CREATE SCHEMA cqrs; CREATE TABLE cqrs.command (in_the_way int)")
        async with Database.open(empty_dsn) as database:
            failed = False
            try:
                await database.migrate()
            except Exception as error:
                failed = "already exists" in str(error)
        assert failed
        left = await connection.fetch("SELECT relname FROM pg_class WHERE relnamespace = 'cqrs'::regnamespace")
        assert [row[0] for row in left] == ["command"]
    finally:
        await connection.close()


def test_every_statement_says_what_it_does() -> None:
    files = sorted(Path(TOOLKIT.directory).rglob("*.sql"))
    assert files
    for file in files:
        assert file.read_text(encoding="utf-8").startswith("-- "), file.name
