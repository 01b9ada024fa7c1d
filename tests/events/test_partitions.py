"""Partitions of the log are made ahead of need; a command that finds none makes them and is run again.

Planted bugs, each seen to fail its test: nothing made ahead; no net, or one without an end; the head read from the rows alone
(positions that were rolled back leave the writers before a wall); no lock among those who make partitions.
"""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.commands.notes import Kept, note_bus, write_note, written
from tests.commands.test_aggregates import emitting
from tests.commands.waiting import DEADLINE_S, until

from clone_cqrs.events.partitions import PartitionKeeper
from clone_cqrs.postgres import Database

A = UUID("0192f0c1-2345-7000-8000-00000000000a")


@pytest.fixture
async def small(kept: Kept) -> int:
    """Partitions of five positions from the next one on."""
    await kept.connection.execute("UPDATE cqrs.installation SET partition_rows = 5")
    await kept.connection.execute("ALTER TABLE cqrs.event DETACH PARTITION cqrs.event_000001")
    names = [row[0] for row in await kept.connection.fetch("SELECT number FROM cqrs.log_partition WHERE number > 1")]
    for number in names:
        await kept.connection.execute(f"ALTER TABLE cqrs.event DETACH PARTITION cqrs.event_{number:06}")
        await kept.connection.execute(f"DROP TABLE cqrs.event_{number:06}")
    await kept.connection.execute("DROP TABLE cqrs.event_000001")
    await kept.connection.execute("DELETE FROM cqrs.log_partition")
    end: int = await kept.connection.fetchval("SELECT cqrs.ensure_partitions()")
    assert end == 11
    return 5


async def bounds(kept: Kept) -> list[tuple[int, int]]:
    rows = await kept.connection.fetch("SELECT lower_position, upper_position FROM cqrs.log_partition ORDER BY number")
    return [(row[0], row[1]) for row in rows]


async def test_a_new_database_has_room(kept: Kept) -> None:
    assert (await bounds(kept))[0][0] == 1
    attached = await kept.connection.fetchval("SELECT count(*) FROM pg_partition_tree('cqrs.event') WHERE isleaf")
    assert attached == len(await bounds(kept)) == 2


async def test_many_commands_cross_partitions_without_a_gap(database: Database, kept: Kept, small: int) -> None:
    bus, _ = note_bus(database)
    for _ in range(7):
        results = await asyncio.gather(*(bus.execute(write_note(A)) for _ in range(10)))
        assert all(result.success for result in results)
    assert await kept.events() == [(A, version) for version in range(1, 71)]
    found = await bounds(kept)
    assert [upper for _, upper in found[:-1]] == [lower for lower, _ in found[1:]]
    used = await kept.connection.fetchval("SELECT count(DISTINCT tableoid) FROM cqrs.event")
    assert used >= 14


async def test_partitions_are_made_ahead_of_the_writers(database: Database, kept: Kept, small: int) -> None:
    """One command after another, each given time: none finds the log without a partition."""
    bus, handler = note_bus(database)
    for count in range(1, 31):
        await bus.execute(write_note(A))
        last = (await kept.connection.fetchval("SELECT max(position) FROM cqrs.event")) or 0

        async def ahead(head: int = last) -> bool:
            return (await bounds(kept))[-1][1] > head + small

        await until(ahead)
        assert handler.runs == count, "the net was needed"


async def test_a_command_that_finds_no_partition_makes_one(
    database: Database, kept: Kept, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PartitionKeeper, "saw", lambda self, position: None)
    bus, handler = note_bus(database)
    for _ in range(40):
        result = await bus.execute(write_note(A))
        assert result.success
    assert handler.runs > 40
    assert [version for _, version in await kept.events()] == list(range(1, 41))


async def test_positions_that_were_rolled_back_do_not_end_in_a_wall(database: Database, kept: Kept, small: int) -> None:
    """Draws that never became rows use up partitions, too."""
    for _ in range(40):
        await kept.connection.execute("SELECT nextval('cqrs.event_position_seq')")
    bus, _ = note_bus(database)
    async with asyncio.timeout(DEADLINE_S):
        result = await bus.execute(write_note(A))
    assert result.success
    assert result.events[0].position is not None
    assert result.events[0].position > 40


async def test_a_command_with_more_events_than_there_are_partitions_for_ends(
    database: Database, kept: Kept, small: int
) -> None:
    bus, handler = note_bus(database, emitting(*(written(A) for _ in range(1_000))))
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(asyncpg.CheckViolationError):
            await bus.execute(write_note())
    assert handler.runs < 10
    assert await kept.counts() == (0, 0, 0)


async def test_attaching_a_partition_stops_neither_writers_nor_readers(
    database: Database, dsn: str, kept: Kept, small: int
) -> None:
    bus, _ = note_bus(database)
    writer: Any = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(DEADLINE_S):
            async with writer.transaction():
                await writer.execute("UPDATE cqrs.installation SET partition_rows = partition_rows + 1")
                await writer.execute("SELECT cqrs.ensure_partitions(9)")
                # The attaching transaction is still open.
                assert (await bus.execute(write_note(A))).success
                assert len(await kept.connection.fetch("SELECT * FROM cqrs.event")) == 1
            async with writer.transaction():
                # And the other way round: an open writer does not stop the attaching.
                await writer.execute("LOCK TABLE cqrs.event IN ROW EXCLUSIVE MODE")
                await kept.connection.execute("SELECT cqrs.ensure_partitions(20)")
    finally:
        await writer.close()


async def test_processes_that_make_partitions_at_once_make_each_once(dsn: str, kept: Kept, small: int) -> None:
    connections = [await asyncpg.connect(dsn) for _ in range(6)]
    try:
        ends = await asyncio.gather(*(one.fetchval("SELECT cqrs.ensure_partitions(8)") for one in connections))
    finally:
        for connection in connections:
            await connection.close()
    assert len(set(ends)) == 1
    found = await bounds(kept)
    assert len(found) == len(set(found))
    assert await kept.connection.fetchval("SELECT count(*) FROM pg_partition_tree('cqrs.event') WHERE isleaf") == len(found)
