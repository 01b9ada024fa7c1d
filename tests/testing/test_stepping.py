"""A subscription driven by hand.

Planted bugs, each seen to fail its test: a failed event that is passed over; an unreadable one that is; a type that nobody
asked for, handed out.
"""

import asyncio

import pytest
from tests.events.log.writer import open_writer
from tests.events.subscriptions.facts import NOTED, Log, Seen

from clone_cqrs.errors import UnreadableEventError
from clone_cqrs.messages import DomainEvent, Payload
from clone_cqrs.postgres import Database
from clone_cqrs.testing import SteppedSubscription


class Stepped(Payload):
    size: int


class FactStepped(DomainEvent[Stepped], type="fact.stepped", aggregate="fact"): ...


async def test_hands_out_one_event_at_each_step(database: Database, log: Log) -> None:
    seen = Seen()
    subscription = SteppedSubscription(database)
    subscription.on(NOTED, seen)
    assert await subscription.step() is None
    await log.note("a", "b")
    event = await subscription.step()
    assert event is not None
    assert (event.position, seen.positions, subscription.position) == (1, [1], 1)
    await log.note("c")
    assert [each.position for each in await subscription.run()] == [2, 3]
    assert (await subscription.step(), seen.positions) == (None, [1, 2, 3])


async def test_begins_where_it_is_told_and_passes_over_other_types(database: Database, log: Log) -> None:
    seen = Seen()
    await log.note("a")
    await log.note("a", event_type="fact.other")
    await log.note("a")
    await log.note("a", event_type="fact.other")
    subscription = SteppedSubscription(database, start=1)
    subscription.on(NOTED, seen)
    await subscription.run()
    assert (seen.positions, subscription.position) == ([3], 4)


async def test_what_a_handler_raises_the_test_sees_and_the_event_comes_again(database: Database, log: Log) -> None:
    seen = Seen()
    seen.refused = {2}
    subscription = SteppedSubscription(database)
    subscription.on("*", seen)
    await log.note("a", "b", "c")
    with pytest.raises(RuntimeError, match="position 2 is refused"):
        await subscription.run()
    assert (seen.positions, subscription.position) == ([1], 1)
    seen.refused.clear()
    await subscription.run()
    assert seen.positions == [1, 2, 3]


async def test_an_unreadable_event_is_not_passed_over(database: Database, log: Log) -> None:
    seen = Seen()
    await log.note("a", event_type="fact.stepped", size="large")
    subscription = SteppedSubscription(database)
    subscription.on(FactStepped, seen)
    for _ in range(2):
        with pytest.raises(UnreadableEventError, match="size"):
            await subscription.step()
    assert subscription.position == 0


async def test_a_handler_that_hangs_is_timed_out(database: Database, log: Log) -> None:
    async def hang(_event: object) -> None:
        await asyncio.Event().wait()

    await log.note("a")
    subscription = SteppedSubscription(database, handler_timeout=0.05)
    subscription.on("*", hang)
    with pytest.raises(TimeoutError):
        await subscription.step()


async def test_waits_for_nobody_who_writes_and_skips_nothing(database: Database, log: Log, dsn: str) -> None:
    seen = Seen()
    subscription = SteppedSubscription(database)
    subscription.on("*", seen)
    async with open_writer(dsn) as transaction:
        await log.note("c")
        assert await subscription.step() is None
        await transaction.commit()
    await subscription.run()
    assert seen.positions == [1, 2]


async def test_a_class_without_a_type_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="has no type"):
        SteppedSubscription(database).on(DomainEvent, Seen())
