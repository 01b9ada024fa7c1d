"""Replaying a range of the log through a subscription of its own.

Planted bugs, each seen to fail its test: a checkpoint left behind the range, so that who goes on from there misses what came
meanwhile; handlers called past the end; a replay that never ends for a dead letter; a name that two replays share; a
subscription left behind.
"""

import asyncio

import pytest
from tests.events.log.writer import open_writer
from tests.events.subscriptions.facts import NOTED, Log, Seen
from tests.events.subscriptions.test_delivery import QUICK, WAIT_S

from clone_cqrs.errors import StaleReadError
from clone_cqrs.events import DeadLetters, EventLog, EventSubscriber, subscription_states
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database
from clone_cqrs.testing import until_quiet


@pytest.mark.parametrize("exactly_once", [False, True])
async def test_hands_out_the_whole_log_as_it_is(database: Database, log: Log, exactly_once: bool) -> None:
    seen, others = Seen(), Seen()
    await log.note("a", "b")
    last = await log.note("a", event_type="fact.other")
    end = await EventLog(database).replay("rebuild", {NOTED: seen, "*": others}, exactly_once=exactly_once, timeout=WAIT_S)
    assert (end, seen.positions, others.positions) == (last, [1, 2], [1, 2, 3])


async def test_hands_out_a_range_and_nothing_else(database: Database, log: Log) -> None:
    seen = Seen()
    await log.note("a", "b", "c", "d", "e")
    assert await EventLog(database).replay("rebuild", {"*": seen}, after=1, until=3, timeout=WAIT_S) == 3
    assert seen.positions == [2, 3]


async def test_a_range_without_events_is_done_at_once(database: Database, log: Log) -> None:
    seen = Seen()
    assert await EventLog(database).replay("before", {"*": seen}, timeout=WAIT_S) == 0
    await log.note("a", "b")
    assert await EventLog(database).replay("beyond", {"*": seen}, after=2, timeout=WAIT_S) == 2
    assert await EventLog(database).replay("nothing", {"*": seen}, after=1, until=1, timeout=WAIT_S) == 1
    assert seen.positions == []


async def test_tells_how_far_it_is(database: Database, log: Log) -> None:
    told: list[tuple[int, int]] = []
    await log.note(*["a"] * 5)
    await EventLog(database).replay("rebuild", {"*": Seen()}, after=2, progress=lambda *at: told.append(at), timeout=WAIT_S)
    assert told[-1] == (3, 3)
    assert told == sorted(told)
    assert {total for _, total in told} == {3}


async def test_a_progress_that_fails_ends_the_replay(database: Database, log: Log) -> None:
    def fail(_done: int, _total: int) -> None:
        raise RuntimeError("the terminal is gone")

    await log.note("a")
    with pytest.raises(RuntimeError, match="terminal"):
        await EventLog(database).replay("rebuild", {"*": Seen()}, progress=fail, timeout=WAIT_S)


async def test_a_subscription_of_its_name_goes_on_where_it_ended(database: Database, log: Log) -> None:
    seen, live = Seen(), Seen()
    await log.note("a", "b", "c", "d")
    await EventLog(database).replay("rebuild", {"*": seen}, until=2, keep=True, timeout=WAIT_S)
    subscriber = EventSubscriber(database, "rebuild")
    subscriber.on("*", live)
    async with subscriber:
        await subscriber.wait_until(await log.note("e"), WAIT_S)
    assert (seen.positions, live.positions) == ([1, 2], [3, 4, 5])


async def test_leaves_nothing_behind_once_it_is_through(database: Database, log: Log) -> None:
    await log.note("a", "b")
    assert await EventLog(database).replay("rebuild", {"*": Seen()}, until=1, timeout=WAIT_S) == 1
    assert await subscription_states(database) == ()
    assert await database.fetch_value("SELECT count(*) FROM cqrs.subscription_worker") == 0
    await until_quiet(database)


async def test_stays_where_a_process_waits_to_go_on_from_it(database: Database, log: Log, dsn: str) -> None:
    seen, live = Seen(), Seen()
    waiting = EventSubscriber(database, "rebuild")
    waiting.on("*", live)

    async def join(event: DomainEvent[object]) -> None:
        await seen(event)
        await waiting.start()

    last = await log.note("a", "b")
    assert await EventLog(database).replay("rebuild", {"*": join}, timeout=WAIT_S) == last
    await waiting.wait_until(await log.note("c"), WAIT_S)
    await waiting.stop()
    assert (seen.positions, live.positions) == ([1, 2], [3])


async def test_what_is_written_during_a_replay_is_left_for_later(database: Database, log: Log) -> None:
    seen = Seen()
    await log.note("a", "b")

    async def write_more(event: DomainEvent[object]) -> None:
        await seen(event)
        await log.note("c")

    assert await EventLog(database).replay("rebuild", {"*": write_more}, keep=True, timeout=WAIT_S) == 2
    assert seen.positions == [1, 2]
    assert await database.fetch_value("SELECT checkpoint FROM cqrs.subscription") == 2


async def test_a_name_in_use_is_refused(database: Database, log: Log) -> None:
    await log.note("a")
    async with EventSubscriber(database, "mail"):
        with pytest.raises(ValueError, match="'mail' exists"):
            await EventLog(database).replay("mail", {"*": Seen()})
    seen = Seen()
    both = await asyncio.gather(
        *(EventLog(database).replay("rebuild", {"*": seen}, keep=True, timeout=WAIT_S) for _ in range(2)),
        return_exceptions=True,
    )
    assert {type(each) for each in both} == {int, ValueError}
    assert seen.positions == [1]


async def test_dead_letters_are_told_and_stay_visible(database: Database, log: Log) -> None:
    seen = Seen()
    seen.refused = {2}
    await log.note("a", "bad", "bad", "b")
    with pytest.raises(StaleReadError, match=r"all but 1 dead letters of 'rebuild'.*position 2 of fact bad is a dead letter"):
        await EventLog(database).replay("rebuild", {"*": seen}, retries=QUICK, timeout=WAIT_S)
    assert seen.positions == [1, 4]
    (letter,) = await DeadLetters(database).list("rebuild")
    assert letter.position == 2
    # A subscription of the name takes care of it, once a person has said so.
    seen.refused.clear()
    subscriber = EventSubscriber(database, "rebuild", retries=QUICK)
    subscriber.on("*", seen)
    async with subscriber:
        await DeadLetters(database).retry("rebuild")
        await subscriber.wait_until(4, WAIT_S)
    assert seen.versions("bad") == [1, 2]


async def test_what_a_transaction_under_way_may_still_fill_is_waited_for(database: Database, log: Log, dsn: str) -> None:
    seen = Seen()
    async with open_writer(dsn) as transaction:
        await log.note("a")
        with pytest.raises(StaleReadError, match=r"not at 2 after 0\.1 s: the checkpoint is at 0"):
            await EventLog(database).replay("impatient", {"*": Seen()}, timeout=0.1)
        assert [state.name for state in await subscription_states(database)] == ["impatient"]
        replaying = asyncio.create_task(EventLog(database).replay("patient", {"*": seen}, timeout=WAIT_S))
        await transaction.commit()
        assert await replaying == 2
    assert seen.positions == [1, 2]
