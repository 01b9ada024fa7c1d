"""Waiting until all is quiet.

Planted bugs, each seen to fail its test: what a handler wrote is left out; an event that is tried again is left out; a dead
letter that is waited for.
"""

from typing import Any

import pytest
from tests.events.subscriptions.facts import NOTED, Log, Seen
from tests.events.subscriptions.test_delivery import QUICK, WAIT_S, subscriber

from clone_cqrs.bootstrap import Application
from clone_cqrs.commands import CommandBus
from clone_cqrs.errors import StaleReadError
from clone_cqrs.events import DeadLetters, EventSubscriber, RetryPolicy
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus
from clone_cqrs.testing import until_quiet


async def test_is_quiet_when_every_subscription_is_at_the_head(database: Database, log: Log) -> None:
    one, two = Seen(), Seen()
    await until_quiet(database, WAIT_S)
    async with subscriber(database, one, "one"), subscriber(database, two, "two"):
        await log.note("a", "b")
        await until_quiet(database, WAIT_S)
    assert (one.positions, two.positions) == ([1, 2], [1, 2])


async def test_waits_for_what_handlers_wrote(database: Database, log: Log) -> None:
    seen = Seen()

    async def pass_on(event: DomainEvent[Any]) -> None:
        await seen(event)
        if event.payload["left"]:
            await log.note("a", left=event.payload["left"] - 1)

    running = EventSubscriber(database, "chain", start="beginning")
    running.on(NOTED, pass_on)
    async with running:
        await log.note("a", left=5)
        await until_quiet(database, WAIT_S)
    assert seen.positions == [1, 2, 3, 4, 5, 6]


async def test_waits_for_an_event_that_is_tried_again_and_not_for_a_dead_letter(database: Database, log: Log) -> None:
    seen = Seen()
    seen.refused = {1}
    async with subscriber(database, seen, retries=RetryPolicy(attempts=3, first_delay=0.05, longest_delay=0.05)):
        await log.note("bad", "a")
        await until_quiet(database, WAIT_S)
        assert [letter.position for letter in await DeadLetters(database).list()] == [1]
    assert (seen.positions, seen.attempts.count(1)) == ([2], 3)


async def test_says_what_is_not_quiet(database: Database, log: Log) -> None:
    async with subscriber(database, Seen(), "mail"):
        pass
    await log.note("a")
    with pytest.raises(StaleReadError, match=r"not quiet after 0\.1 s: mail/0 is at 0 of 1 \(no worker is running\)"):
        await until_quiet(database, 0.1)


async def test_an_application_is_quiet_with_its_subscriptions(database: Database, log: Log) -> None:
    seen = Seen()
    mail = subscriber(database, seen, "mail", retries=QUICK)
    application = Application(
        database=database, commands=CommandBus(database=database), queries=QueryBus(database=database), subscriptions=[mail]
    )
    async with application:
        await log.note("a")
        await until_quiet(application, WAIT_S)
    assert seen.positions == [1]
