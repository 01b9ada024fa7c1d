"""Dropping old partitions: whole ones, never past what a subscription still needs, and nobody's but the owner's.

Planted bugs, each seen to fail its test: set-aside events, or checkpoints, not looked at; the newest partition dropped, too;
a dry run that drops.
"""

import asyncpg
import pytest
from tests.commands.waiting import until
from tests.events.subscriptions.facts import Log, Seen
from tests.events.subscriptions.test_delivery import WAIT_S, subscriber

from clone_cqrs.errors import ConflictError
from clone_cqrs.events import DeadLetters, EventLog
from clone_cqrs.events.retention import LogPartition, drop_old_partitions
from clone_cqrs.postgres import Database

FIRST = 10_000_000


@pytest.fixture
async def log(database: Database) -> Log:
    """Positions 1 to 3, FIRST and FIRST + 1, 2 * FIRST and after: one partition each."""
    made = Log(database)
    await made.note("a", "b", "bad")
    for start in (FIRST, 2 * FIRST):
        await database.execute("SELECT setval('cqrs.event_position_seq', $1, false)", start)
        await database.execute("SELECT cqrs.ensure_partitions()")
        await made.note("a", "bad")
    # The last position lies in a partition of its own, so the writer makes one more ahead, whenever its task gets to it.
    await database.execute("SELECT cqrs.ensure_partitions()")
    return made


async def positions(database: Database) -> list[int]:
    return [row["position"] for row in await database.fetch("SELECT position FROM cqrs.event ORDER BY position")]


async def partitions(database: Database) -> int:
    found: int = await database.fetch_value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'cqrs.event'::regclass")
    return found


async def test_drops_whole_partitions_that_nobody_needs_and_keeps_the_newest(database: Database, log: Log) -> None:
    before = await partitions(database)
    would = await drop_old_partitions(database, keep_positions=0, dry_run=True)
    assert await partitions(database) == before
    dropped = await drop_old_partitions(database, keep_positions=0)
    assert dropped == would == (LogPartition(1, 1, FIRST + 1), LogPartition(2, FIRST + 1, 2 * FIRST + 1))
    assert await partitions(database) == before - 2
    assert await positions(database) == [2 * FIRST + 1]
    assert await drop_old_partitions(database, keep_positions=0) == ()


async def test_the_log_goes_on_after_a_drop(database: Database, log: Log) -> None:
    await drop_old_partitions(database, keep_positions=0)
    seen = Seen()
    async with subscriber(database, seen) as running:
        await running.wait_until(await log.note("a", "c"), WAIT_S)
    assert seen.positions == [2 * FIRST + 1, 2 * FIRST + 2, 2 * FIRST + 3]
    assert seen.versions("a") == [4]
    assert [event.position async for event in EventLog(database).read()] == seen.positions


async def test_never_goes_past_a_checkpoint(database: Database, log: Log) -> None:
    async with subscriber(database, Seen(), "behind", start=2):
        pass
    await database.execute("UPDATE cqrs.subscription SET checkpoint = 2")
    assert await drop_old_partitions(database, keep_positions=0) == ()
    with pytest.raises(ConflictError, match="subscription behind needs the log from position 3"):
        await drop_old_partitions(database, before=FIRST + 1)
    with pytest.raises(ConflictError, match="behind"):
        await drop_old_partitions(database, before=FIRST + 1, dry_run=True)
    await database.execute("UPDATE cqrs.subscription SET checkpoint = $1", FIRST)
    assert [found.number for found in await drop_old_partitions(database, before=FIRST + 1)] == [1]


async def test_never_goes_past_an_event_that_is_set_aside(database: Database, log: Log) -> None:
    seen = Seen()
    seen.refused = {3}
    async with subscriber(database, seen) as running:
        await until(lambda: _dead(database))
        assert await drop_old_partitions(database, keep_positions=0) == ()
        with pytest.raises(ConflictError, match="set aside"):
            await drop_old_partitions(database, before=FIRST + 1)
        seen.refused.clear()
        await DeadLetters(database).retry(all=True)
        await running.wait_until(2 * FIRST + 1, WAIT_S)
    assert len(await drop_old_partitions(database, keep_positions=0)) == 2


async def test_only_the_owner_drops(database: Database, log: Log, dsn: str) -> None:
    role = "application_without_drop"
    await database.execute(f"DROP ROLE IF EXISTS {role}")
    await database.execute(f"CREATE ROLE {role}")
    try:
        await database.execute(f"SELECT cqrs.grant_application('{role}')")
        connection = await asyncpg.connect(dsn)
        await connection.execute(f"SET ROLE {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SELECT * FROM cqrs.drop_partitions(100)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DROP TABLE cqrs.event_000001")
        await connection.close()
    finally:
        await database.execute(f"DROP OWNED BY {role}")
        await database.execute(f"DROP ROLE {role}")


async def test_wants_to_know_what_is_old(database: Database) -> None:
    with pytest.raises(ValueError, match="keep_positions"):
        await drop_old_partitions(database)
    with pytest.raises(ValueError, match="keep_positions"):
        await drop_old_partitions(database, keep_positions=1, before=2)


async def _dead(database: Database) -> bool:
    return bool(await DeadLetters(database).list())
