"""Reading the log: what is asked for, all of it, in order, and nothing that is not settled.

Planted bugs, each seen to fail its test: a reading that ends at an old gap because somebody is writing; a gap that is read
over; a start at the last position recorded before a time; an aggregate's pages by version across types; a limit off by one.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from tests.commands.waiting import until
from tests.events.log.writer import open_writer
from tests.events.subscriptions.facts import NOTED, Log, noted

from clone_cqrs.errors import NotFoundError
from clone_cqrs.events import EventLog
from clone_cqrs.events.append import append_committed
from clone_cqrs.messages import DomainEvent, Payload
from clone_cqrs.postgres import Database

OTHER = "fact.other"
SHORT_S, LONG_S = 0.05, 20.0


class Amount(Payload):
    amount: int


class Counted(DomainEvent[Amount], type="fact.counted", aggregate="fact"): ...


async def positions(events: AsyncIterator[DomainEvent[Any]]) -> list[int | None]:
    return [event.position async for event in events]


async def test_reads_everything_in_order_of_position(database: Database, log: Log) -> None:
    await log.note("a", "b", "a", amount=3)
    events = [event async for event in EventLog(database).read()]
    assert [(each.position, each.aggregate_id, each.version) for each in events] == [(1, "a", 1), (2, "b", 1), (3, "a", 2)]
    assert {each.payload["amount"] for each in events} == {3}


async def test_an_empty_log_has_nothing(database: Database) -> None:
    now = datetime.now(UTC)
    assert await positions(EventLog(database).read()) == []
    assert await positions(EventLog(database).read(since=now, before=now)) == []
    assert await positions(EventLog(database).read(aggregate_id="a")) == []


async def test_reads_by_type(database: Database, log: Log) -> None:
    await log.note("a", "b")
    await log.note("a", event_type=OTHER)
    await append_committed(database, [Counted(aggregate_id="a", payload={"amount": 1})])
    events = EventLog(database)
    assert await positions(events.read(types=[OTHER])) == [3]
    assert await positions(events.read(types=OTHER)) == [3]
    assert await positions(events.read(types=[NOTED, Counted])) == [1, 2, 4]
    assert await positions(events.read(types=Counted)) == [4]
    assert await positions(events.read(types=[])) == []
    with pytest.raises(ValueError, match="class has no type"):
        await positions(events.read(types=DomainEvent))
    (counted,) = [event async for event in events.read(types={Counted})]
    assert counted.payload == Amount(amount=1)


async def test_reads_between_positions_and_at_most_so_many(database: Database, log: Log) -> None:
    await log.note("a", "b", "a", "b", "a")
    events = EventLog(database)
    assert await positions(events.read(after=1, until=4)) == [2, 3, 4]
    assert await positions(events.read(after=4)) == [5]
    assert await positions(events.read(after=9)) == []
    assert await positions(events.read(until=0)) == []
    assert await positions(events.read(limit=2)) == [1, 2]
    assert await positions(events.read(limit=0)) == []
    assert await positions(events.read(after=1, limit=1)) == [2]
    assert await positions(events.read(aggregate_id="b", after=2, until=4)) == [4]
    assert await positions(events.read(aggregate_id="a", limit=2)) == [1, 3]


async def test_reads_an_aggregate_to_its_end(database: Database, log: Log) -> None:
    await append_committed(database, [noted(aggregate, n=n) for n in range(1100) for aggregate in ("a", "b")])
    events = EventLog(database)
    read = [event async for event in events.read(aggregate_id="a")]
    assert [event.version for event in read] == list(range(1, 1101))
    assert [event.payload["n"] for event in read] == list(range(1100))


async def test_aggregates_of_several_types_under_one_id_come_in_order_of_position(database: Database) -> None:
    def of(aggregate_type: str) -> DomainEvent[Any]:
        return DomainEvent(event_type=NOTED, aggregate_type=aggregate_type, aggregate_id="a", payload={})

    await append_committed(database, [of(kind) for _ in range(1100) for kind in ("user", "account")])
    events = EventLog(database)
    assert await positions(events.read(aggregate_id="a")) == list(range(1, 2201))
    assert len(await positions(events.read(aggregate_id="a", aggregate_type="user"))) == 1100
    assert len(await positions(events.read(aggregate_type="account"))) == 1100
    assert await positions(events.read(aggregate_id="a", aggregate_type="stranger")) == []


async def test_a_transaction_under_way_ends_the_reading_at_its_gap(database: Database, log: Log, dsn: str) -> None:
    events = EventLog(database)
    await log.note("a")
    async with open_writer(dsn) as transaction:
        await log.note("c")
        assert await positions(events.read(gap_timeout=SHORT_S)) == [1]
        assert await positions(events.read(types=[NOTED], gap_timeout=SHORT_S)) == [1]
        # One aggregate's events are in the order of its lock: nobody else can come between.
        assert await positions(events.read(aggregate_id="c")) == [3]
        await transaction.commit()
    assert await positions(events.read()) == [1, 2, 3]


async def test_waits_for_a_writer_who_is_about_to_commit(database: Database, log: Log, dsn: str) -> None:
    async with open_writer(dsn) as transaction:
        await log.note("c")
        reading = asyncio.create_task(positions(EventLog(database).read(gap_timeout=LONG_S)))
        await until_it_waits(dsn)
        await transaction.commit()
        assert await reading == [1, 2]


async def test_a_position_that_was_rolled_back_is_read_over(database: Database, log: Log, dsn: str) -> None:
    await log.note("a")
    async with open_writer(dsn) as transaction:
        await transaction.rollback()
    await log.note("c")
    assert await positions(EventLog(database).read()) == [1, 3]


async def test_an_old_gap_does_not_end_the_reading_of_a_busy_log(database: Database, log: Log, dsn: str) -> None:
    async with open_writer(dsn) as transaction:
        await transaction.rollback()
    await log.note("a", "b")
    async with open_writer(dsn) as transaction:
        reading = asyncio.create_task(positions(EventLog(database).read(until=3, gap_timeout=LONG_S)))
        await until_it_waits(dsn)
        await transaction.commit()
        assert await reading == [2, 3]


async def test_reads_a_span_of_time_though_the_clock_went_back(database: Database) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def after(minutes: int) -> datetime:
        return noon + timedelta(minutes=minutes)

    await database.execute(_RECORDED_AT, [after(minutes) for minutes in (0, 2, 1, 3, 2)])
    events = EventLog(database)
    assert await positions(events.read(since=after(2))) == [2, 4, 5]
    assert await positions(events.read(before=after(2))) == [1, 3]
    assert await positions(events.read(since=after(1), before=after(3))) == [2, 3, 5]
    assert await positions(events.read(since=after(1), before=after(3), limit=1)) == [2]
    assert await positions(events.read(since=after(2), after=2, until=4)) == [4]
    assert await positions(events.read(aggregate_id="1", since=after(0), before=after(1))) == []
    assert await positions(events.read(since=after(9))) == []
    with pytest.raises(ValueError, match="since: should be a time with a zone"):
        await positions(events.read(since=datetime(2026, 1, 1)))


async def test_a_span_of_time_waits_for_what_is_recorded_and_not_committed(database: Database, log: Log, dsn: str) -> None:
    begin = datetime.now(UTC) - timedelta(hours=1)
    events = EventLog(database)
    async with open_writer(dsn) as transaction:
        await log.note("c")
        assert await positions(events.read(since=begin, gap_timeout=SHORT_S)) == []
        await transaction.commit()
    assert await positions(events.read(since=begin)) == [1, 2]


async def test_one_event_by_its_position(database: Database, log: Log) -> None:
    await log.note("a", "b")
    assert (await EventLog(database).event(2)).aggregate_id == "b"
    for nowhere in (0, 3):
        with pytest.raises(NotFoundError, match=f"position {nowhere}"):
            await EventLog(database).event(nowhere)


async def test_an_event_appended_without_a_command_bears_its_schema_version(database: Database) -> None:
    (logged,) = await append_committed(
        database, [Counted(aggregate_id="a", payload={"amount": 1}, metadata={"source": "test"})]
    )
    read = await EventLog(database).event(1)
    assert dict(logged.metadata) == dict(read.metadata) == {"source": "test", "schema_version": 1}
    assert await database.fetch_value("SELECT metadata ->> 'schema_version' FROM cqrs.event") == "1"


async def until_it_waits(dsn: str) -> None:
    """Until a session of this database has asked, as the last thing it did, who is writing."""
    observer = await asyncpg.connect(dsn)
    try:

        async def asked() -> bool:
            found: int = await observer.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND query LIKE '%cqrs.log_holders%'"
            )
            return found > 0

        await until(asked)
    finally:
        await observer.close()


_RECORDED_AT = """
INSERT INTO cqrs.event
    (event_id, event_type, aggregate_type, aggregate_id, version, "timestamp", payload, metadata, recorded_at)
SELECT gen_random_uuid(), 'fact.noted', 'fact', ordinal::text, 1, now(), '{}', '{}', moment
FROM unnest($1::timestamptz[]) WITH ORDINALITY AS given (moment, ordinal) ORDER BY ordinal
"""
