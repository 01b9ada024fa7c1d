"""Loading an aggregate: the fold of its events, the same as one of one's own.

Planted bugs, each seen to fail its test: pages of an aggregate that overlap; events of another aggregate; a fold over what
retention has left.
"""

from functools import reduce
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.events.subscriptions.facts import NOTED, Log, noted

from clone_cqrs.errors import NotFoundError
from clone_cqrs.events import EventLog
from clone_cqrs.events.append import append_committed
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database

batches = st.lists(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(-(10**6), 10**6)), min_size=1, max_size=6), min_size=1, max_size=6
)


NOTHING: tuple[int, ...] = ()


def appended(state: tuple[int, ...], event: DomainEvent[Any]) -> tuple[int, ...]:
    return (*state, event.payload["amount"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches)
async def test_equals_a_fold_of_ones_own(database: Database, commits: list[list[tuple[str, int]]]) -> None:
    run = uuid4().hex
    for commit in commits:
        await append_committed(database, [noted(f"{run} {name}", amount=amount) for name, amount in commit])
    written = [each for commit in commits for each in commit]
    events = EventLog(database)
    for name in "abc":
        expected = tuple(amount for of, amount in written if of == name)
        assert await events.load(f"{run} {name}", appended, NOTHING) == expected
        read = [event async for event in events.read(aggregate_id=f"{run} {name}")]
        assert reduce(appended, read, NOTHING) == expected
    everything = [event async for event in events.read() if event.aggregate_id.startswith(run)]
    assert reduce(appended, everything, NOTHING) == tuple(amount for _, amount in written)


async def test_folds_more_than_one_page(database: Database) -> None:
    await append_committed(database, [noted("a", amount=amount) for amount in range(2000)])
    assert await EventLog(database).load("a", appended, NOTHING) == tuple(range(2000))


async def test_an_aggregate_without_events_is_as_it_begins(database: Database) -> None:
    assert await EventLog(database).load("nobody", appended, NOTHING) == NOTHING


async def test_an_id_of_aggregates_of_two_types_is_not_one_aggregate(database: Database, log: Log) -> None:
    await log.note("a", amount=1)
    other: DomainEvent[Any] = DomainEvent(event_type=NOTED, aggregate_type="other", aggregate_id="a", payload={"amount": 2})
    await append_committed(database, [other])
    with pytest.raises(ValueError, match="say which: fact, other"):
        await EventLog(database).load("a", appended, NOTHING)
    assert await EventLog(database).load("a", appended, NOTHING, aggregate_type="other") == (2,)


async def test_does_not_fold_what_retention_has_left(database: Database, log: Log) -> None:
    await log.note("a", "a", amount=1)
    await database.execute("ALTER TABLE cqrs.event DETACH PARTITION cqrs.event_000001")
    await database.execute("CREATE TABLE rest AS SELECT * FROM cqrs.event_000001 WHERE version = 2")
    await database.execute("DROP TABLE cqrs.event_000001")
    await database.execute("CREATE TABLE cqrs.event_rest PARTITION OF cqrs.event FOR VALUES FROM (1) TO (3)")
    await database.execute("INSERT INTO cqrs.event OVERRIDING SYSTEM VALUE SELECT * FROM rest")
    with pytest.raises(NotFoundError, match="no longer has version 1 of fact a"):
        await EventLog(database).load("a", appended, NOTHING)
