"""What interrupts a worker, and what must not: outages, slow and cancelled handlers, the order to stop, other programs.

Planted bugs, each seen to fail its test: a heartbeat's answer that turns the checkpoint back; a partition that its own process
may not take again before the lease is over; a cancelled handler that ends the worker; an outage that uses attempts up; a
session that a handler ended taken for an outage; a COMMIT of a handler's not noticed; a session used again as handlers left it.
"""

import asyncio
from typing import Any

import pytest
from tests.commands.waiting import until
from tests.events.subscriptions.facts import NOTED, Log, Seen
from tests.events.subscriptions.test_delivery import QUICK, WAIT_S, subscriber

from clone_cqrs.errors import QueryValidationError, TransactionScopeError
from clone_cqrs.events import ConsistencyToken, DeadLetters, EventSubscriber, RetryPolicy
from clone_cqrs.events.subscriptions.lease import Lease
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database

BOTH = pytest.mark.parametrize("exactly_once", [False, True])


async def dead_letters(database: Database) -> list[str]:
    return [letter.state for letter in await DeadLetters(database).list(retrying=True)]


async def test_a_late_heartbeat_does_not_turn_the_checkpoint_back(database: Database) -> None:
    async with subscriber(database, Seen()):
        pass
    lease = await Lease.acquire(database, "test", owner="me", not_these=[], seconds=60)
    assert lease is not None
    await lease.move(5)
    await lease.move(1)
    assert lease.checkpoint == 5
    assert await database.fetch_value("SELECT checkpoint FROM cqrs.subscription") == 5


@BOTH
async def test_broken_connections_interrupt_a_worker_for_a_moment_however_long_its_lease(
    database: Database, log: Log, exactly_once: bool
) -> None:
    seen = Seen()
    async with subscriber(database, seen, exactly_once=exactly_once, lease=6000) as running:
        await running.wait_until(await log.note("a"), WAIT_S)
        for _ in range(3):
            await database.execute(_TERMINATE_OTHERS)
            await running.wait_until(await log.note("a"), WAIT_S)
    assert sorted(set(seen.versions("a"))) == [1, 2, 3, 4]  # type: ignore[type-var]


@BOTH
async def test_a_handler_that_lets_its_own_cancellation_out_has_failed(
    database: Database, log: Log, exactly_once: bool
) -> None:
    seen = Seen()

    async def cancelled(event: DomainEvent[Any]) -> None:
        if event.aggregate_id == "bad":
            waiting = asyncio.ensure_future(asyncio.Event().wait())
            waiting.cancel()
            await waiting
        await seen(event)

    running = EventSubscriber(database, "test", exactly_once=exactly_once, start="beginning", retries=1)
    running.on(NOTED, cancelled)
    async with running:
        last = await log.note("bad", "a")
        await until(lambda: _equal(dead_letters(database), ["dead"]))
        await DeadLetters(database).discard(all=True)
        await running.wait_until(last, WAIT_S)
    assert seen.versions("a") == [1]


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", "SessionEndedError: the session of the transaction ended"),
        ("COMMIT", "TransactionScopeError: the handler ended the transaction itself"),
    ],
)
async def test_an_exactly_once_handler_that_ends_its_own_transaction_is_set_aside_like_any_other(
    database: Database, log: Log, statement: str, error: str
) -> None:
    seen = Seen()

    async def end(event: DomainEvent[Any]) -> None:
        if event.aggregate_id == "bad":
            async with database.connection() as connection:
                await connection.execute(statement)
        await seen(event)

    running = EventSubscriber(database, "test", exactly_once=True, start="beginning", retries=QUICK, poll=0.05)
    running.on(NOTED, end)
    async with running:
        await log.note("a", "bad", "b")
        await until(lambda: _equal(dead_letters(database), ["dead"]))
        (letter,) = await DeadLetters(database).list()
        await EventSubscriber(database, "test").wait_until(1, WAIT_S)
        await until(lambda: _true({1, 3} <= set(seen.positions)))
    assert (letter.position, letter.attempts) == (2, QUICK.attempts)
    assert letter.error is not None
    assert letter.error.startswith(error)


async def test_what_an_exactly_once_handler_does_to_its_session_ends_with_the_transaction(database: Database, log: Log) -> None:
    found: list[str] = []

    async def change(event: DomainEvent[Any]) -> None:
        found.append(await database.fetch_value("SHOW search_path"))
        await database.execute("SET search_path = elsewhere")

    running = EventSubscriber(database, "test", exactly_once=True, start="beginning", batch_size=1)
    running.on(NOTED, change)
    async with running:
        await running.wait_until(await log.note("a", "b"), WAIT_S)
    assert len(set(found)) == 1


async def test_a_follower_outlives_a_cancelled_handler(database: Database, log: Log) -> None:
    seen = Seen()

    async def cancelled(event: DomainEvent[Any]) -> None:
        if event.aggregate_id == "bad":
            raise asyncio.CancelledError
        await seen(event)

    running = EventSubscriber(database, retries=1)
    running.on(NOTED, cancelled)
    async with running:
        await running.wait_until(await log.note("bad", "a"), WAIT_S)
    assert seen.versions("a") == [1]


@BOTH
async def test_an_outage_of_the_handlers_world_is_waited_for_and_delivery_goes_on_by_itself(
    database: Database, log: Log, exactly_once: bool
) -> None:
    seen = Seen()
    down, tries = True, 0

    async def send(event: DomainEvent[Any]) -> None:
        nonlocal tries
        tries += 1
        if down:
            try:
                raise ConnectionRefusedError("no mail server")
            except OSError as cause:
                raise RuntimeError("cannot send") from cause
        await seen(event)

    running = EventSubscriber(database, "test", exactly_once=exactly_once, start="beginning", retries=QUICK, poll=0.05)
    running.on(NOTED, send)
    async with running:
        last = await log.note("a", "b", "a")
        # Many times as often as it takes to make a dead letter of a failure.
        await until(lambda: _true(tries > 10 * QUICK.attempts))
        assert await dead_letters(database) == ["retrying", "retrying"]
        down = False
        await running.wait_until(last, WAIT_S)
    assert seen.versions("a") == [1, 2]
    assert seen.versions("b") == [1]


async def test_a_slow_exactly_once_handler_does_not_lose_its_session(dsn: str, log: Log) -> None:
    seen = Seen()

    async def slow(event: DomainEvent[Any]) -> None:
        await asyncio.sleep(0.3)
        await seen(event)

    async with Database.open(dsn, idle_in_transaction_timeout=0.2) as impatient:
        running = EventSubscriber(impatient, "test", exactly_once=True, start="beginning", retries=1)
        running.on(NOTED, slow)
        last = await log.note("a", "b", "a", "b", "a")
        async with running:
            await running.wait_until(last, WAIT_S)
    assert seen.positions == [1, 2, 3, 4, 5]


@BOTH
async def test_told_to_stop_it_finishes_the_event_at_hand_and_no_more(database: Database, log: Log, exactly_once: bool) -> None:
    seen = Seen()
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def handle(event: DomainEvent[Any]) -> None:
        await seen(event)
        if event.position == 3:
            reached.set()
            await go_on.wait()

    def again() -> EventSubscriber:
        made = EventSubscriber(database, "test", exactly_once=exactly_once, start="beginning")
        made.on(NOTED, handle)
        return made

    last = await log.note("a", "b", "c", "d", "e")
    running = again()
    await running.start()
    await reached.wait()
    stopping = asyncio.create_task(running.stop())
    await until(lambda: _true(running._running is not None and running._running._stopping.is_set()))
    go_on.set()
    await stopping
    assert seen.positions == [1, 2, 3]
    assert await database.fetch_value("SELECT checkpoint FROM cqrs.subscription") == 3
    async with again() as running:
        await running.wait_until(last, WAIT_S)
    assert seen.positions == [1, 2, 3, 4, 5]


@BOTH
async def test_a_type_that_is_not_wanted_any_more_does_not_hold_its_aggregate_back(
    database: Database, log: Log, exactly_once: bool
) -> None:
    seen = Seen()
    seen.refused = {1}
    first = subscriber(database, seen, exactly_once=exactly_once)
    first.on("fact.obsolete", seen)
    async with first:
        last = await log.note("a", event_type="fact.obsolete")
        last = await log.note("a", "b")
        await until(lambda: _equal(dead_letters(database), ["dead"]))
    await DeadLetters(database).retry(all=True)
    async with subscriber(database, seen, exactly_once=exactly_once) as running:
        await running.wait_until(last, WAIT_S)
    assert seen.positions == [3, 2]


async def test_what_begins_elsewhere_is_waited_for_before_a_held_back_event_is_done(database: Database, log: Log) -> None:
    seen, steps = Seen(), []
    seen.refused = {1}

    async def handle(event: DomainEvent[Any]) -> None:
        await seen(event)
        steps.append("begun")

    async def drained() -> None:
        if "begun" in steps:
            held: int = await database.fetch_value("SELECT count(*) FROM cqrs.set_aside")
            steps.append(f"drained while {held} held back")

    patient = RetryPolicy(attempts=1000, first_delay=0.02, longest_delay=0.02)
    running = EventSubscriber(database, "test", start="beginning", retries=patient, before_checkpoint=drained)
    running.on(NOTED, handle)
    async with running:
        last = await log.note("a")
        await until(lambda: _equal(dead_letters(database), ["retrying"]))
        seen.refused.clear()
        await running.wait_until(last, WAIT_S)
    assert steps[:2] == ["begun", "drained while 1 held back"]


async def test_a_retry_that_waits_does_not_keep_a_follower_from_stopping(database: Database, log: Log) -> None:
    seen = Seen()
    seen.refused = {1}
    running = subscriber(database, seen, None, start="end", retries=RetryPolicy(first_delay=3000, longest_delay=3000))
    async with asyncio.timeout(WAIT_S):
        async with running:
            await log.note("a")
            await until(lambda: _true(seen.attempts == [1]))


async def test_refuses_to_start_inside_a_transaction(database: Database) -> None:
    async with database.transaction():
        with pytest.raises(TransactionScopeError, match="outlives"):
            await subscriber(database, Seen()).start()


async def test_starts_once_however_often_it_is_told_to(database: Database, log: Log) -> None:
    seen = Seen()
    running = subscriber(database, seen)
    await asyncio.gather(running.start(), running.start())
    await running.wait_until(await log.note("a"), WAIT_S)
    await running.stop()
    await running.stop()
    assert seen.positions == [1]
    assert await database.fetch_value("SELECT count(*) FROM cqrs.subscription WHERE owner IS NOT NULL") == 0


async def test_a_start_that_is_cancelled_leaves_nothing_running(database: Database, log: Log) -> None:
    seen = Seen()
    running = subscriber(database, seen)
    starting = asyncio.create_task(running.start())
    await asyncio.sleep(0)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    async with subscriber(database, seen) as other:
        await other.wait_until(await log.note("a"), WAIT_S)
    assert seen.positions == [1]


async def test_waiting_refuses_a_token_beyond_the_end_of_the_log(database: Database, log: Log) -> None:
    await log.note("a")
    running = subscriber(database, Seen())
    with pytest.raises(QueryValidationError, match="beyond the end"):
        await running.wait_until(ConsistencyToken.of(await database.database_id(), 2), 1)


async def test_a_log_that_only_publishers_write_to_gets_its_partitions(database: Database, log: Log) -> None:
    await database.execute("UPDATE cqrs.installation SET partition_rows = 5")
    ends = await database.fetch_value("SELECT max(upper_position) FROM cqrs.log_partition")
    await database.execute("SELECT setval('cqrs.event_position_seq', $1, false)", ends - 1)
    assert await log.note(*["a"] * 30) >= ends + 28


async def _equal(found: Any, wanted: object) -> bool:
    return bool(await found == wanted)


async def _true(condition: bool) -> bool:
    return condition


_TERMINATE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
