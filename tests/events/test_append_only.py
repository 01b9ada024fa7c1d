"""The log is append-only, for its owner and for everybody else.

Planted bugs, each seen to fail its test: no row trigger; no trigger against TRUNCATE on the partitions; INSERT granted to the
application; partitions left out of check_log; synchronous_commit left off.
"""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from tests.commands.notes import Kept, note_bus, write_note

from clone_cqrs.postgres import Database

PARTITION = "cqrs.event_000001"


@pytest.mark.parametrize("table", ["cqrs.event", PARTITION])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET payload = '{{}}'",
        "UPDATE {} SET position = position",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "TRUNCATE {} RESTART IDENTITY",
        "MERGE INTO {} AS e USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
        "INSERT INTO {} SELECT * FROM cqrs.event ON CONFLICT (position) DO UPDATE SET payload = excluded.payload",
    ],
)
async def test_refuses_every_change_even_of_the_owner(database: Database, kept: Kept, table: str, statement: str) -> None:
    bus, _ = note_bus(database)
    await bus.execute(write_note())
    before = await kept.connection.fetch("SELECT * FROM cqrs.event")
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.GeneratedAlwaysError)):
        await kept.connection.execute(statement.format(table))
    assert await kept.connection.fetch("SELECT * FROM cqrs.event") == before


@pytest.fixture
async def role(kept: Kept) -> AsyncIterator[str]:
    """A role that cqrs.grant_application let in."""
    name = f"application_{uuid4().hex}"
    await kept.connection.execute(f"CREATE ROLE {name} LOGIN")
    await kept.connection.execute(f"GRANT SELECT, INSERT, UPDATE ON note TO {name}")
    await kept.connection.execute("SELECT cqrs.grant_application($1::text::regrole)", name)
    yield name
    await kept.connection.execute(f"DROP OWNED BY {name}")
    await kept.connection.execute(f"DROP ROLE {name}")


def dsn_of(role: str, dsn: str) -> str:
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{role}@{parts.hostname}:{parts.port}"))


async def test_the_applications_role_can_run_commands(dsn: str, kept: Kept, role: str) -> None:
    async with Database.open(dsn_of(role, dsn)) as database:
        bus, _ = note_bus(database)
        command = write_note()
        assert (await bus.execute(command)).success
        assert (await bus.execute(command)).replayed
        assert await database.fetch_value("SELECT current_user") == role
        assert await database.fetch("SELECT problem FROM cqrs.check_log()") == []
        assert await database.fetch_value("SELECT cqrs.ensure_partitions()") > 1
        assert await database.fetch_value("SELECT cqrs.purge_commands('1 day')") == 0
        assert len(await database.fetch("SELECT * FROM cqrs.event")) == 1
    assert await kept.counts() == (1, 1, 1)


FORBIDDEN = [
    "INSERT INTO cqrs.event (event_id, event_type, aggregate_type, aggregate_id, version, timestamp, payload, metadata) "
    "VALUES (gen_random_uuid(), 'x', 'x', 'x', 1, now(), '{}', '{}')",
    f"INSERT INTO {PARTITION} OVERRIDING SYSTEM VALUE SELECT * FROM cqrs.event",
    "COPY cqrs.event FROM STDIN",
    "UPDATE cqrs.event SET payload = '{}'",
    "DELETE FROM cqrs.event",
    "TRUNCATE cqrs.event",
    f"TRUNCATE {PARTITION}",
    "SELECT nextval('cqrs.event_position_seq')",
    "SELECT setval('cqrs.event_position_seq', 1)",
    "ALTER SEQUENCE cqrs.event_position_seq RESTART",
    "ALTER TABLE cqrs.event DISABLE TRIGGER ALL",
    "UPDATE cqrs.aggregate SET version = 1",
    "INSERT INTO cqrs.aggregate VALUES ('x', 'x', 1)",
    "DELETE FROM cqrs.command",
    "UPDATE cqrs.command SET user_id = 'x'",
    "UPDATE cqrs.installation SET partition_rows = 1",
    "SELECT cqrs.move_versions('{x}', '{x}', '{1}')",
    "SELECT cqrs.grant_application('postgres')",
    "SET session_replication_role = replica",
    "CREATE TABLE cqrs.mine (x int)",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_applications_role_can_do_nothing_else_to_the_log(dsn: str, role: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn_of(role, dsn))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_role_that_was_not_let_in_can_do_nothing(dsn: str, kept: Kept) -> None:
    name = f"stranger_{uuid4().hex}"
    await kept.connection.execute(f"CREATE ROLE {name} LOGIN")
    connection = await asyncpg.connect(dsn_of(name, dsn))
    try:
        for statement in ("SELECT * FROM cqrs.event", "SELECT cqrs.ensure_partitions()", "SELECT * FROM cqrs.check_log()"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
        await kept.connection.execute(f"DROP ROLE {name}")


BREAKS = [
    ("ALTER SEQUENCE cqrs.event_position_seq CACHE 2", "sequence"),
    ("ALTER SEQUENCE cqrs.event_position_seq INCREMENT 2", "sequence"),
    ("ALTER SEQUENCE cqrs.event_position_seq CYCLE", "sequence"),
    ("ALTER TABLE cqrs.event ALTER COLUMN position SET GENERATED BY DEFAULT", "GENERATED ALWAYS"),
    (f"ALTER TABLE {PARTITION} SET UNLOGGED", "permanent"),
    ("GRANT INSERT ON cqrs.event TO {role}", "directly"),
    ("GRANT INSERT (payload) ON cqrs.event TO {role}", "directly"),
    ("GRANT UPDATE ON cqrs.event TO {role}", "directly"),
    ("GRANT TRUNCATE ON cqrs.event TO {role}", "directly"),
    (f"GRANT INSERT ON {PARTITION} TO {{role}}", "directly"),
    ("GRANT USAGE ON SEQUENCE cqrs.event_position_seq TO {role}", "directly"),
    ("GRANT UPDATE ON SEQUENCE cqrs.event_position_seq TO {role}", "directly"),
]


@pytest.mark.parametrize(("breaking", "named"), BREAKS)
async def test_check_log_names_what_is_broken(kept: Kept, role: str, breaking: str, named: str) -> None:
    assert await kept.connection.fetch("SELECT problem FROM cqrs.check_log()") == []
    await kept.connection.execute(breaking.format(role=role))
    problems = [row["problem"] for row in await kept.connection.fetch("SELECT problem FROM cqrs.check_log()")]
    assert len(problems) == 1
    assert named in problems[0]


async def test_append_turns_synchronous_commit_on(database: Database, kept: Kept) -> None:
    name = await kept.connection.fetchval("SELECT quote_ident(current_database())")
    await kept.connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    event = "array[gen_random_uuid()], '{x}', '{x}', '{x}', '{null}', array[now()], array['{}'::jsonb], array['{}'::jsonb]"
    connection = await asyncpg.connect(database.dsn)
    try:
        async with connection.transaction():
            assert await connection.fetchval("SHOW synchronous_commit") == "off"
            await connection.execute(f"SELECT cqrs.append_events(null, null, null, null, null, null, {event})")
            assert await connection.fetchval("SHOW synchronous_commit") == "on"
        assert await connection.fetchval("SHOW synchronous_commit") == "off"
    finally:
        await connection.close()
