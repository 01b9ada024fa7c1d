"""`clone-cqrs migrate`."""

import asyncio
import subprocess

import asyncpg
from tests.cli.program import PROGRAM, clone_cqrs, environment

OBJECTS = """
SELECT n.nspname, c.relname, c.relkind::text, pg_get_expr(c.relpartbound, c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('cqrs', 'public')
UNION ALL
SELECT n.nspname, p.oid::regprocedure::text, 'f', md5(p.prosrc)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname IN ('cqrs', 'public')
ORDER BY 1, 2, 3
"""


def objects(dsn: str) -> list[tuple[object, ...]]:
    async def run() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(dsn)
        try:
            return [tuple(row) for row in await connection.fetch(OBJECTS)]
        finally:
            await connection.close()

    return asyncio.run(run())


def test_brings_an_empty_database_to_the_newest_schema_once(empty_dsn: str) -> None:
    first = clone_cqrs("migrate", "--dsn", empty_dsn)
    assert first.code == 0, first.err
    assert [line.split(": ")[1].split(" → ")[0] for line in first.out.splitlines()] == ["nothing", "nothing"]
    made = objects(empty_dsn)
    again = clone_cqrs("migrate", "--dsn", empty_dsn, "--json")
    assert {schema: move["from"] == move["to"] for schema, move in again.json.items()} == {"cqrs": True, "public": True}
    assert objects(empty_dsn) == made


def test_the_script_makes_the_same_schema(empty_dsn: str, clone_dsn: str) -> None:
    script = clone_cqrs("migrate", "--sql")
    assert (script.code, script.err) == (0, "")

    async def apply() -> None:
        connection = await asyncpg.connect(empty_dsn)
        try:
            async with connection.transaction():
                await connection.execute(script.out)
        finally:
            await connection.close()

    asyncio.run(apply())
    assert objects(empty_dsn) == objects(clone_dsn)
    assert all("as it was" in line for line in clone_cqrs("migrate", "--dsn", empty_dsn).out.splitlines())


def test_many_at_once_end_well(empty_dsn: str) -> None:
    running = [
        subprocess.Popen(
            [*PROGRAM, "migrate", "--dsn", empty_dsn], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        )
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 4, answers
