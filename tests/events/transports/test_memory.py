"""The transport within one process.

Planted bugs, each seen to fail the contract: events handed out concurrently; a failure passed over; `unpublished` after the
failed one; a failing listener that stops nobody.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.events.transports.contract import POISON, TransportContract, fact, facts

from clone_cqrs.errors import PublishError
from clone_cqrs.events import EventPublisher
from clone_cqrs.messages import DomainEvent


class MemoryHarness:
    one_by_one = True

    def __init__(self) -> None:
        self.publisher = EventPublisher()
        self._arrived: list[DomainEvent[Any]] = []
        self._refusing = False
        self.publisher.on("*", self._take)

    async def _take(self, event: DomainEvent[Any]) -> None:
        if self._refusing and event.aggregate_id == POISON:
            raise ConnectionError(f"no {event.payload['number']}")
        self._arrived.append(event)

    async def arrived(self) -> Sequence[DomainEvent[Any]]:
        return self._arrived

    async def refuse_poison(self) -> None:
        self._refusing = True

    async def accept_poison(self) -> None:
        self._refusing = False

    async def connected(self) -> bool:
        return bool(self._arrived)


@pytest.fixture
def harness() -> MemoryHarness:
    return MemoryHarness()


class TestMemoryTransport(TransportContract):
    pass


async def test_calls_the_functions_of_a_type_and_those_of_every_type() -> None:
    publisher = EventPublisher("memory")
    heard: list[str] = []

    def hearing(name: str) -> Any:
        async def hear(event: DomainEvent[Any]) -> None:
            heard.append(f"{name} {event.payload['number']}")

        return hear

    publisher.on("fact.noted", hearing("noted"))
    publisher.on("fact.other", hearing("other"))
    publisher.on("*", hearing("all"))
    await publisher.publish_batch(facts("a", "b"))
    assert heard == ["noted 0", "all 0", "noted 1", "all 1"]


async def test_the_same_pair_twice_is_one_subscription() -> None:
    publisher = EventPublisher()
    heard: list[int] = []

    async def hear(event: DomainEvent[Any]) -> None:
        heard.append(event.payload["number"])

    publisher.on("fact.noted", hear)
    publisher.on("fact.noted", hear)
    await publisher.publish(fact("a", 1))
    assert heard == [1]


async def test_a_class_stands_for_its_type() -> None:
    class Heard(DomainEvent[dict[str, int]], type="fact.heard", aggregate="fact"): ...

    publisher = EventPublisher()
    heard: list[DomainEvent[Any]] = []

    async def hear(event: DomainEvent[Any]) -> None:
        heard.append(event)

    publisher.on(Heard, hear)
    event = Heard(aggregate_id="a", payload={"number": 1})
    await publisher.publish(event)
    assert heard == [event]
    with pytest.raises(ValueError, match="has no type"):
        publisher.on(DomainEvent, hear)


async def test_an_event_that_failed_half_way_comes_again_to_everybody() -> None:
    publisher = EventPublisher()
    heard: list[str] = []
    failing = True

    async def first(_event: DomainEvent[Any]) -> None:
        heard.append("first")

    async def second(_event: DomainEvent[Any]) -> None:
        if failing:
            raise RuntimeError
        heard.append("second")

    publisher.on("*", first)
    publisher.on("*", second)
    with pytest.raises(PublishError) as failed:
        await publisher.publish(fact("a", 0))
    failing = False
    await publisher.publish_batch(failed.value.unpublished)
    assert heard == ["first", "first", "second"]
