"""What every transport keeps. A test module for one subclasses TransportContract, and pytest runs it all there.

A broker's transport brings a `harness` fixture of its own: a publisher that nobody has used yet, and what has arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

import pytest

from clone_cqrs.errors import PublishError
from clone_cqrs.events import EventPublisher
from clone_cqrs.messages import DomainEvent

POISON = "poison"


class Harness(Protocol):
    """A transport under test.

    publisher: new; one_by_one: whether what comes before a failure stays published (else a batch is published whole, or not
    at all).
    """

    publisher: EventPublisher
    one_by_one: bool

    async def arrived(self) -> Sequence[DomainEvent[Any]]:
        """What was published until now, in order."""
        ...

    async def refuse_poison(self) -> None:
        """From now on publishing an event of the aggregate "poison" fails."""
        ...

    async def accept_poison(self) -> None:
        """It does no longer."""
        ...

    async def connected(self) -> bool:
        """Whether the transport has opened anything."""
        ...


def fact(aggregate_id: str, number: int) -> DomainEvent[Any]:
    return DomainEvent(event_type="fact.noted", aggregate_type="fact", aggregate_id=aggregate_id, payload={"number": number})


def facts(*aggregate_ids: str) -> list[DomainEvent[Any]]:
    return [fact(aggregate_id, number) for number, aggregate_id in enumerate(aggregate_ids)]


async def numbers(harness: Harness) -> list[int]:
    return [event.payload["number"] for event in await harness.arrived()]


class TransportContract:
    """The contract."""

    async def test_all_is_published_in_order_before_it_returns(self, harness: Harness) -> None:
        events = facts("a", "b", "a", "c")
        assert await harness.publisher.publish_batch(events) == 4
        assert await numbers(harness) == [0, 1, 2, 3]

    async def test_one_call_comes_after_the_other(self, harness: Harness) -> None:
        for number in range(5):
            await harness.publisher.publish(fact("a", number))
        assert await numbers(harness) == [0, 1, 2, 3, 4]

    async def test_an_event_arrives_as_it_was(self, harness: Harness) -> None:
        event: DomainEvent[Any] = DomainEvent(
            event_type="fact.noted",
            aggregate_type="fact",
            aggregate_id="ä \N{SNOWMAN}",
            payload={"number": 0, "text": "\N{SNOWMAN}", "nested": {"list": [1, None, True]}},
            metadata={"correlation_id": "c"},
        )
        await harness.publisher.publish(event)
        (arrived,) = await harness.arrived()
        assert (arrived.event_id, arrived.event_type, arrived.timestamp) == (event.event_id, event.event_type, event.timestamp)
        assert (arrived.aggregate_type, arrived.aggregate_id) == (event.aggregate_type, event.aggregate_id)
        assert arrived.wire_payload() == event.wire_payload()
        assert arrived.metadata["correlation_id"] == "c"

    async def test_no_events_are_published_at_once(self, harness: Harness) -> None:
        assert await harness.publisher.publish_batch([]) == 0
        assert await numbers(harness) == []

    async def test_stops_at_the_first_failure_and_tells_what_is_left(self, harness: Harness) -> None:
        await harness.refuse_poison()
        events = facts("a", "b", POISON, "c", POISON, "d")
        with pytest.raises(PublishError) as failed:
            await harness.publisher.publish_batch(events)
        left = failed.value.unpublished
        assert [event.event_id for event in left] == [event.event_id for event in events[len(events) - len(left) :]]
        assert len(left) == (4 if harness.one_by_one else 6)
        assert await numbers(harness) == ([0, 1] if harness.one_by_one else [])

    async def test_what_is_left_can_be_published_later(self, harness: Harness) -> None:
        await harness.refuse_poison()
        with pytest.raises(PublishError) as failed:
            await harness.publisher.publish_batch(facts("a", POISON, "b"))
        await harness.accept_poison()
        await harness.publisher.publish_batch(failed.value.unpublished)
        assert await numbers(harness) == [0, 1, 2]

    async def test_a_failure_names_its_cause_and_no_values(self, harness: Harness) -> None:
        await harness.refuse_poison()
        with pytest.raises(PublishError) as failed:
            await harness.publisher.publish(fact(POISON, 4711))
        assert failed.value.__cause__ is not None
        assert type(failed.value.__cause__).__name__ in str(failed.value)
        assert "4711" not in str(failed.value)

    async def test_a_cancelled_publish_is_not_a_failure(self, harness: Harness) -> None:
        publishing = asyncio.create_task(harness.publisher.publish(fact("a", 0)))
        publishing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await publishing
        await harness.publisher.publish(fact("a", 1))
        assert (await numbers(harness))[-1] == 1

    async def test_nothing_connects_before_the_first_publish(self, harness: Harness) -> None:
        await asyncio.sleep(0)
        assert not await harness.connected()

    async def test_closing_is_harmless_before_after_and_twice(self, harness: Harness) -> None:
        await harness.publisher.close()
        await harness.publisher.close()
        await harness.publisher.publish(fact("a", 0))
        await harness.publisher.close()
        await harness.publisher.close()
        assert await numbers(harness) == [0]

    async def test_only_memory_has_subscribers_here(self, harness: Harness) -> None:
        async def hear(_event: DomainEvent[Any]) -> None: ...

        if harness.publisher.transport_name == "memory":
            harness.publisher.on("fact.noted", hear)
        else:
            with pytest.raises(ValueError, match="only 'memory' has subscribers"):
                harness.publisher.on("fact.noted", hear)
