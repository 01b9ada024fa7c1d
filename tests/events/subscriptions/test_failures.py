"""Events that fail: set aside, tried again, dead letters; nothing else stands still, and nothing is dropped.

Planted bugs, each seen to fail its test: later events of the aggregate delivered at once; the row deleted on the last attempt;
the checkpoint not moved past a failure; a discarded event that takes its followers with it.
"""

import asyncio

import pytest
from tests.commands.waiting import until
from tests.events.subscriptions.facts import NOTED, Log, Seen
from tests.events.subscriptions.test_delivery import QUICK, WAIT_S, subscriber

from clone_cqrs.errors import NotFoundError, StaleReadError
from clone_cqrs.events import DeadLetters, EventSubscriber, RetryPolicy, subscription_states
from clone_cqrs.events.canary import send_canary
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database

pytestmark = pytest.mark.parametrize("exactly_once", [False, True])


async def dead(database: Database, count: int = 1) -> None:
    async def found() -> bool:
        return len(await DeadLetters(database).list()) == count

    await until(found)


async def test_a_failed_event_holds_its_own_aggregate_back_and_no_other(
    database: Database, log: Log, exactly_once: bool
) -> None:
    seen = Seen()
    seen.refused = {2}
    patient = RetryPolicy(attempts=100, first_delay=0.05, longest_delay=0.05)
    async with subscriber(database, seen, exactly_once=exactly_once, retries=patient) as running:
        last = await log.note("a", "bad", "bad", "b", "bad")
        with pytest.raises(StaleReadError, match=r"fact\.noted at position 2 of fact bad is set aside"):
            await running.wait_until(last, 0.5)
        assert seen.versions("bad") == []
        assert set(seen.positions) == {1, 4}
        seen.refused.clear()
        await running.wait_until(last, WAIT_S)
    assert seen.versions("bad") == [1, 2, 3]
    assert set(seen.positions) == {1, 2, 3, 4, 5}


async def test_what_fails_too_often_is_a_dead_letter_with_its_cause(database: Database, log: Log, exactly_once: bool) -> None:
    seen = Seen()
    seen.refused = {1}
    async with subscriber(database, seen, exactly_once=exactly_once):
        await log.note("bad", secret="payload stays in the log")
        await dead(database)
    (letter,) = await DeadLetters(database).list()
    assert (letter.subscription, letter.position, letter.attempts, letter.state) == ("test", 1, QUICK.attempts, "dead")
    assert letter.error == "RuntimeError: position 1 is refused"
    assert letter.trace is not None
    assert "facts.py" in letter.trace
    assert letter.event is not None
    assert letter.event.aggregate_id == "bad"
    assert seen.attempts.count(1) >= QUICK.attempts


async def test_a_dead_letter_that_is_retried_lets_its_followers_go(database: Database, log: Log, exactly_once: bool) -> None:
    seen = Seen()
    seen.refused = {1}
    async with subscriber(database, seen, exactly_once=exactly_once) as running:
        last = await log.note("bad", "bad", "bad")
        await dead(database)
        assert await DeadLetters(database).retry("test", dry_run=True)
        await dead(database)
        seen.refused.clear()
        await DeadLetters(database).retry("test", position=1)
        await running.wait_until(last, WAIT_S)
    assert seen.versions("bad") == [1, 2, 3]
    assert await DeadLetters(database).list(retrying=True) == ()


async def test_a_discarded_dead_letter_is_left_out_and_its_followers_come(
    database: Database, log: Log, exactly_once: bool
) -> None:
    seen = Seen()
    seen.refused = {1}
    async with subscriber(database, seen, exactly_once=exactly_once) as running:
        last = await log.note("bad", "bad")
        await dead(database)
        await DeadLetters(database).discard(all=True)
        await running.wait_until(last, WAIT_S)
    assert seen.versions("bad") == [2]


async def test_a_follower_that_fails_in_its_turn_is_held_back_itself(database: Database, log: Log, exactly_once: bool) -> None:
    seen = Seen()
    seen.refused = {1, 2}
    async with subscriber(database, seen, exactly_once=exactly_once) as running:
        last = await log.note("bad", "bad", "bad")
        await dead(database)
        seen.refused = {2}
        await DeadLetters(database).retry(all=True)

        async def second_is_dead() -> bool:
            return [letter.position for letter in await DeadLetters(database).list()] == [2]

        await until(second_is_dead)
        assert seen.versions("bad") == [1]
        seen.refused.clear()
        await DeadLetters(database).retry(all=True)
        await running.wait_until(last, WAIT_S)
    assert seen.versions("bad") == [1, 2, 3]


async def test_a_handler_that_hangs_is_timed_out(database: Database, log: Log, exactly_once: bool) -> None:
    seen = Seen()

    async def hang(event: DomainEvent[object]) -> None:
        if event.aggregate_id == "bad":
            await asyncio.Event().wait()
        await seen(event)

    running = EventSubscriber(database, "hang", exactly_once=exactly_once, start="beginning", retries=1, handler_timeout=0.2)
    running.on(NOTED, hang)
    async with running:
        await log.note("bad", "a")
        await dead(database)
        await until(lambda: _true(seen.positions == [2]))
    (letter,) = await DeadLetters(database).list()
    assert letter.error is not None
    assert letter.error.startswith("TimeoutError")


async def test_an_event_that_does_not_fit_its_type_is_set_aside_with_the_reason(
    database: Database, log: Log, exactly_once: bool
) -> None:
    from clone_cqrs.messages import Payload

    class Size(Payload):
        size: int

    class Measured(DomainEvent[Size], type="fact.measured", aggregate="fact"): ...

    seen = Seen()
    running = EventSubscriber(database, "typed", exactly_once=exactly_once, start="beginning", retries=1)
    running.on(Measured, seen)
    async with running:
        await database.execute(_APPEND_MISFIT)
        await dead(database)
    (letter,) = await DeadLetters(database).list()
    assert letter.event is None
    assert "size: should be a number" in (letter.error or "")
    assert "hunter2" not in (letter.error or "") + (letter.trace or "")


async def test_the_state_says_why_a_subscription_stands(database: Database, log: Log, exactly_once: bool) -> None:
    seen = Seen()
    seen.refused = {1}
    async with subscriber(database, seen, exactly_once=exactly_once) as running:
        await log.note("bad")
        await dead(database)
        (state,) = await subscription_states(database)
        assert (state.dead, state.lag_events, state.owner) == (1, 0, running.owner)
        assert state.why is not None
        assert "dead letter" in state.why
    await log.note("a")
    (state,) = await subscription_states(database)
    assert (state.lag_events, state.owner) == (1, None)
    assert "no worker is running" in (state.why or "")


async def test_a_canary_goes_all_the_way_through(database: Database, exactly_once: bool) -> None:
    async with subscriber(database, Seen(), exactly_once=exactly_once):
        assert await send_canary(database, "test", timeout=WAIT_S) > 0
    with pytest.raises(StaleReadError, match="canary"):
        await send_canary(database, "test", timeout=0.2)


async def test_dead_letters_want_a_filter_or_all(database: Database, exactly_once: bool) -> None:
    with pytest.raises(ValueError, match="all=True"):
        await DeadLetters(database).discard()
    with pytest.raises(NotFoundError):
        await DeadLetters(database).show("test", 1)


async def _true(condition: bool) -> bool:
    return condition


_APPEND_MISFIT = """
SELECT * FROM cqrs.append_events(NULL, NULL, NULL, NULL, NULL, NULL, ARRAY[gen_random_uuid()], ARRAY['fact.measured'],
    ARRAY['fact'], ARRAY['a'], ARRAY[NULL::bigint], ARRAY[now()], ARRAY['{"size": "hunter2"}'::jsonb], ARRAY['{}'::jsonb])
"""
