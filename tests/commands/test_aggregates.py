"""Versions of one aggregate: next, without a gap, in the order of positions; several aggregates are locked in one order.

Planted bugs, each seen to fail its test: max(version) + 1 without a lock; stated versions not compared; aggregates locked in
the order of the events.
"""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.commands.notes import Kept, WriteNoteCommand, WrittenNote, note_bus, write_note, written
from tests.commands.waiting import DEADLINE_S, until_waiting

from clone_cqrs.errors import ConflictError
from clone_cqrs.messages import CommandResult, DomainEvent
from clone_cqrs.postgres import Database

A, B = UUID("0192f0c1-2345-7000-8000-00000000000a"), UUID("0192f0c1-2345-7000-8000-00000000000b")


def emitting(*events: DomainEvent[Any]) -> Any:
    """A step of the handler that ends it with these events."""

    async def step(command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        return CommandResult(True, WrittenNote(note_id=command.payload.note_id, receipt=uuid4()), None, events)

    return step


async def test_gives_the_next_version_of_each_aggregate_in_the_order_of_the_events(database: Database, kept: Kept) -> None:
    bus, handler = note_bus(database)
    await bus.execute(write_note(A))
    handler.then = emitting(written(B), written(A), written(B), written(A))
    result = await bus.execute(write_note())
    assert [(event.aggregate_id, event.version) for event in result.events] == [
        (str(B), 1),
        (str(A), 2),
        (str(B), 2),
        (str(A), 3),
    ]
    positions = [event.position for event in result.events]
    assert positions == [2, 3, 4, 5]
    assert await kept.events() == [(A, 1), (B, 1), (A, 2), (B, 2), (A, 3)]


async def test_two_commands_on_one_aggregate_get_versions_one_and_two(database: Database, kept: Kept) -> None:
    bus, _ = note_bus(database)
    one, two = await asyncio.gather(bus.execute(write_note(A)), bus.execute(write_note(A)))
    assert {event.version for event in (*one.events, *two.events)} == {1, 2}
    assert await kept.events() == [(A, 1), (A, 2)]


async def test_many_writers_of_few_aggregates_leave_no_gap_and_no_inversion(database: Database, kept: Kept) -> None:
    bus, handler = note_bus(database)
    notes = [A, B, uuid4()]

    async def several(command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        first = notes.index(command.payload.note_id)
        others = notes[first:] + notes[:first]
        result: CommandResult[WrittenNote] = await emitting(*(written(note) for note in others))(command)
        return result

    handler.then = several
    results = await asyncio.gather(*(bus.execute(write_note(notes[n % 3])) for n in range(60)))
    assert all(result.success for result in results)
    for note in notes:
        assert [version for aggregate, version in await kept.events() if aggregate == note] == list(range(1, 61))


async def test_a_stated_version_that_is_next_is_taken(database: Database, kept: Kept) -> None:
    bus, handler = note_bus(database, emitting(written(A, version=1), written(B), written(A, version=2)))
    assert (await bus.execute(write_note())).success
    handler.then = emitting(written(A, version=3))
    assert (await bus.execute(write_note())).success
    assert await kept.events() == [(A, 1), (B, 1), (A, 2), (A, 3)]


@pytest.mark.parametrize("stated", [1, 3, 2**62])
@pytest.mark.parametrize("alone", [True, False])
async def test_refuses_a_stated_version_that_is_not_next(database: Database, kept: Kept, stated: int, alone: bool) -> None:
    bus, handler = note_bus(database)
    await bus.execute(write_note(A))
    before = await kept.counts()
    events = [written(A, version=stated)] if alone else [written(B), written(A, version=stated)]
    handler.then = emitting(*events)
    result = await bus.execute(write_note())
    assert isinstance(result.error, ConflictError)
    assert await kept.counts() == before


async def test_only_one_of_two_writers_of_the_same_stated_version_wins(database: Database, kept: Kept) -> None:
    bus, _ = note_bus(database, emitting(written(A, version=1)))
    results = await asyncio.gather(*(bus.execute(write_note()) for _ in range(8)))
    assert sorted(result.success for result in results) == [False] * 7 + [True]
    assert {result.error.code for result in results if result.error} == {"conflict"}
    assert await kept.events() == [(A, 1)]


async def test_opposite_orders_of_emission_do_not_deadlock(database: Database, kept: Kept) -> None:
    """A third transaction holds both aggregates, so that both commands are surely at the locks before either has one."""
    bus, handler = note_bus(database)
    handler.then = emitting(written(A), written(B))
    await bus.execute(write_note())
    orders = {"AB": emitting(written(A), written(B)), "BA": emitting(written(B), written(A))}

    async def by_text(command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        result: CommandResult[WrittenNote] = await orders[command.payload.text](command)
        return result

    handler.then, handler.runs = by_text, 0
    async with asyncio.timeout(DEADLINE_S):
        async with kept.connection.transaction():
            await kept.connection.execute(
                "SELECT FROM cqrs.aggregate WHERE aggregate_id IN ($1, $2) FOR UPDATE", str(A), str(B)
            )
            both = [asyncio.create_task(bus.execute(write_note(text=order))) for order in orders]
            # One waits for this transaction; the other queues behind it for the same row.
            await until_waiting(kept.connection, "transactionid", 1)
            await until_waiting(kept.connection, "tuple", 1)
        results = await asyncio.gather(*both)
    assert all(result.success for result in results)
    assert handler.runs == 2, "a deadlock was retried"
    assert await kept.events() == [(note, version) for version in (1, 2, 3) for note in _order_of(results, version)]


def _order_of(results: list[CommandResult[Any]], version: int) -> list[UUID]:
    if version == 1:
        return [A, B]
    [found] = [result for result in results if result.events[0].version == version]
    return [UUID(event.aggregate_id) for event in found.events]


async def test_the_same_id_in_another_type_of_aggregate_is_another_aggregate(database: Database, kept: Kept) -> None:
    other: DomainEvent[Any] = DomainEvent(
        event_type="shelf.filled", aggregate_type="shelf", aggregate_id=str(A), payload={"notes": 1}
    )
    bus, _ = note_bus(database, emitting(written(A), other, written(A)))
    result = await bus.execute(write_note())
    assert [event.version for event in result.events] == [1, 1, 2]


async def test_events_name_their_command(database: Database, kept: Kept) -> None:
    bus, _ = note_bus(database)
    command = write_note(A, metadata={"correlation_id": "c-1"})
    [event] = (await bus.execute(command)).events
    assert event.timestamp == command.timestamp
    assert dict(event.metadata) == {"correlation_id": "c-1", "causation_id": str(command.command_id), "schema_version": 1}
    [alone] = (await bus.execute(lonely := write_note(A))).events
    assert alone.metadata["correlation_id"] == str(lonely.command_id)


async def test_a_command_without_events_has_no_token(database: Database, kept: Kept) -> None:
    bus, _ = note_bus(database, emitting())
    command = write_note()
    result = await bus.execute(command)
    assert (result.success, result.events, result.token) == (True, (), None)
    assert (await bus.execute(command)).token is None
    assert await kept.counts() == (1, 0, 1)
