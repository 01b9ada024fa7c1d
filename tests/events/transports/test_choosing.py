"""Which transport a publisher has.

Planted bugs, each seen to fail its test: an empty name taken for none; a planned transport refused when it is chosen.
"""

import pytest
from tests.events.transports.contract import fact

from clone_cqrs.errors import PublishError
from clone_cqrs.events import EventPublisher


@pytest.mark.parametrize("name", ["kafka", "", "Memory", " postgres"])
def test_an_unknown_transport_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(ValueError, match="choose one of memory, postgres, nats, redis, rabbitmq, pubsub"):
        EventPublisher(name)


def test_memory_is_the_default_and_a_project_selects_pubsub() -> None:
    assert EventPublisher().transport_name == "memory"
    assert EventPublisher(project_id="clone").transport_name == "pubsub"
    assert EventPublisher("memory", project_id="clone").transport_name == "memory"


def test_postgres_wants_its_database() -> None:
    with pytest.raises(ValueError, match="database="):
        EventPublisher("postgres")


@pytest.mark.parametrize("name", ["nats", "redis", "rabbitmq", "pubsub"])
async def test_a_planned_transport_says_at_publish_that_it_is_not_shipped_yet(name: str) -> None:
    publisher = EventPublisher(name)
    events = [fact("a", 0), fact("a", 1)]
    with pytest.raises(PublishError, match=f"'{name}' is not shipped yet") as failed:
        await publisher.publish_batch(events)
    assert list(failed.value.unpublished) == events
    assert await publisher.publish_batch([]) == 0
    await publisher.close()
    await publisher.close()
