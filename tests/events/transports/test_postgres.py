"""The transport into a log.

Planted bugs, each seen to fail the contract: every event in a transaction of its own; a failure passed over; a connection when
the publisher is made.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from tests.events.subscriptions.facts import Seen
from tests.events.transports.contract import POISON, TransportContract, fact, facts

from clone_cqrs.errors import PublishError
from clone_cqrs.events import EventLog, EventPublisher, EventSubscriber
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database

_REFUSE = f"ALTER TABLE cqrs.event ADD CONSTRAINT no_poison CHECK (aggregate_id <> '{POISON}')"
_ACCEPT = "ALTER TABLE cqrs.event DROP CONSTRAINT no_poison"


class PostgresHarness:
    one_by_one = False

    def __init__(self, opened: Database) -> None:
        self._opened = opened
        self.publisher = EventPublisher("postgres", database=opened)

    async def arrived(self) -> Sequence[DomainEvent[Any]]:
        return [event async for event in EventLog(self._opened).read()]

    async def refuse_poison(self) -> None:
        await self._opened.execute(_REFUSE)

    async def accept_poison(self) -> None:
        await self._opened.execute(_ACCEPT)

    async def connected(self) -> bool:
        # The transport has no connection of its own: it borrows those of a database, which need not be open yet.
        EventPublisher("postgres", database=Database("postgres://127.0.0.1:1/nowhere"))
        return False


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    async with Database.open(dsn) as opened:
        yield opened


@pytest.fixture
def harness(database: Database) -> PostgresHarness:
    return PostgresHarness(database)


class TestPostgresTransport(TransportContract):
    pass


async def test_subscriptions_hear_of_what_is_published(database: Database) -> None:
    seen = Seen()
    subscriber = EventSubscriber(database, "relayed", start="beginning")
    subscriber.on("*", seen)
    async with subscriber:
        await EventPublisher("postgres", database=database).publish_batch(facts("a", "b", "a"))
        await subscriber.wait_until(3, 20.0)
    assert [(event.aggregate_id, event.version) for event in seen.events] == [("a", 1), ("b", 1), ("a", 2)]


async def test_a_version_that_is_not_the_next_is_refused_with_all_the_batch(database: Database) -> None:
    publisher = EventPublisher("postgres", database=database)
    events = [fact("a", 0), fact("b", 1).with_facts(version=7)]
    with pytest.raises(PublishError) as failed:
        await publisher.publish_batch(events)
    assert list(failed.value.unpublished) == events
    assert await database.fetch_value("SELECT count(*) FROM cqrs.event") == 0


async def test_a_database_that_is_not_open_says_so_at_publish() -> None:
    publisher = EventPublisher("postgres", database=Database("postgres://127.0.0.1:1/nowhere"))
    with pytest.raises(PublishError, match="StorageUnavailableError"):
        await publisher.publish(fact("a", 0))
