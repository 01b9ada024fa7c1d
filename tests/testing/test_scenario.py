"""Given, when, then: what it accepts, and how it says what differs.

Planted bugs, each seen to fail its test: events compared as far as the shorter list goes; payloads left out; a version left
out; a success that fits any error; a refused `given` that is passed over.
"""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.commands.notes import (
    Kept,
    NoteText,
    NoteWritten,
    WriteNote,
    WriteNoteCommand,
    WrittenNote,
    note_bus,
    write_note,
    written,
)

from clone_cqrs.commands import CommandBus
from clone_cqrs.dispatch.policies import anyone, has_role
from clone_cqrs.errors import (
    CommandAuthorizationError,
    ConflictError,
    DomainRuleError,
    NotFoundError,
    UnknownCommandError,
)
from clone_cqrs.messages import CommandResult, DomainEvent
from clone_cqrs.postgres import Database
from clone_cqrs.testing import Scenario

NOTE, RECEIPT = UUID(int=1), UUID(int=2)


def in_memory() -> Scenario:
    """A bus without a database: notes are kept in a dictionary, and may be written once."""
    bus = CommandBus()
    texts: dict[UUID, str] = {}

    @bus.handles(WriteNoteCommand, policy=anyone)
    async def write(command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        note = command.payload
        if note.note_id in texts:
            raise DomainRuleError("written already")
        texts[note.note_id] = note.text
        return CommandResult(
            True, WrittenNote(note_id=note.note_id, receipt=RECEIPT), events=[written(note.note_id, note.text)]
        )

    return Scenario(bus)


async def test_then_events_and_a_result() -> None:
    outcome = await in_memory().when(write_note(NOTE, "milk"))
    outcome.then_events(written(NOTE, "milk")).then_result(WrittenNote(note_id=NOTE, receipt=RECEIPT))
    outcome.then_events(NoteWritten).then_events("note.written").then_result({"note_id": NOTE})
    assert outcome.event(NoteWritten).payload == NoteText(text="milk")
    assert outcome.result.success


async def test_given_commands_then_an_error() -> None:
    scenario = await in_memory().given(write_note(NOTE))
    outcome = await scenario.when(write_note(NOTE))
    outcome.then_error("rule_violated").then_error(DomainRuleError, says="already")


async def test_a_given_command_has_to_succeed() -> None:
    with pytest.raises(DomainRuleError, match="already"):
        await in_memory().given(write_note(NOTE), write_note(NOTE))


async def test_a_fault_is_raised_where_it_happens() -> None:
    with pytest.raises(UnknownCommandError):
        await Scenario(CommandBus()).when(write_note())


async def test_rows_and_events_want_a_database() -> None:
    with pytest.raises(ValueError, match="events need a command bus with a database"):
        await in_memory().given(written(NOTE))
    with pytest.raises(ValueError, match="rows need a command bus with a database"):
        await in_memory().given_rows("SELECT 1")


async def test_given_rows_and_events_on_a_database(database: Database, kept: Kept) -> None:
    bus, _handler = note_bus(database)
    scenario = await Scenario(bus).given_rows("INSERT INTO note (id, text) VALUES ($1, $2)", (NOTE, "milk"), (RECEIPT, "tea"))
    await scenario.given(written(NOTE, "first"), written(NOTE, "second"))
    await scenario.given_rows("DELETE FROM note WHERE text = 'tea'")
    assert await kept.notes() == {NOTE: "milk"}
    outcome = await scenario.when(write_note(NOTE, "bread"))
    outcome.then_events(written(NOTE, "bread", version=3)).then_result({"note_id": NOTE})
    assert await kept.notes() == {NOTE: "bread"}


async def test_rows_that_the_tables_refuse_say_so(database: Database) -> None:
    bus, _handler = note_bus(database)
    with pytest.raises(asyncpg.CheckViolationError):
        await Scenario(bus).given_rows("INSERT INTO note (id, text) VALUES ($1, $2)", (NOTE, ""))


async def test_roles_are_those_of_the_caller(database: Database) -> None:
    bus, _handler = note_bus(database, policy=has_role("writer"))
    scenario = Scenario(bus)
    (await scenario.when(write_note())).then_error(CommandAuthorizationError)
    (await scenario.when(write_note(), roles=["writer"])).then_events(NoteWritten)
    await scenario.given(write_note(), roles=["writer"])


async def test_no_events_is_an_expectation() -> None:
    bus = CommandBus()

    @bus.handles(WriteNoteCommand, policy=anyone)
    async def write(command: WriteNoteCommand) -> WrittenNote:
        return WrittenNote(note_id=command.payload.note_id, receipt=RECEIPT)

    outcome = (await Scenario(bus).when(write_note(NOTE))).then_events()
    with pytest.raises(AssertionError, match=r"expected one NoteWritten, got 0\n  logged:\n    nothing"):
        outcome.event(NoteWritten)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ([], "  expected:\n    nothing"),
        (["note.erased"], "  expected:\n    note.erased"),
        ([NoteWritten, NoteWritten], "  expected:\n    note.written\n    note.written"),
        ([written(NOTE, "water")], f"  expected:\n    note.written of note {NOTE}: {{'text': 'water'}}"),
        ([written(RECEIPT, "milk")], f"  expected:\n    note.written of note {RECEIPT}: {{'text': 'milk'}}"),
        ([written(NOTE, "milk", version=2)], f"  expected:\n    note.written of note {NOTE} version 2: {{'text': 'milk'}}"),
    ],
)
async def test_says_which_events_differ(expected: list[Any], said: str) -> None:
    outcome = await in_memory().when(write_note(NOTE, "milk"))
    with pytest.raises(AssertionError) as failed:
        outcome.then_events(*expected)
    logged = f"the events differ\n  logged:\n    note.written of note {NOTE}: {{'text': 'milk'}}\n"
    assert str(failed.value).startswith(logged + said)


async def test_says_what_it_got_instead() -> None:
    scenario = await in_memory().given(write_note(NOTE))
    refused = await scenario.when(write_note(NOTE))
    for check in (refused.then_events, lambda: refused.then_result({}), lambda: refused.event(NoteWritten)):
        with pytest.raises(AssertionError, match=r"expected success, got DomainRuleError \(rule_violated\): written already"):
            check()
    with pytest.raises(AssertionError, match=r"expected NotFoundError, got DomainRuleError \(rule_violated\)"):
        refused.then_error(NotFoundError)
    with pytest.raises(AssertionError, match=r"expected conflict, got DomainRuleError"):
        refused.then_error(ConflictError.code)
    with pytest.raises(AssertionError, match=r"expected a text with 'gone', got .*written already"):
        refused.then_error(DomainRuleError, says="gone")
    done = await scenario.when(write_note(other := uuid4()))
    with pytest.raises(AssertionError, match="expected rule_violated, but the command succeeded with WrittenNote"):
        done.then_error("rule_violated")
    with pytest.raises(AssertionError, match=rf"the result differs\n  got:.*{other}.*\n  expected:.*{NOTE}"):
        done.then_result({"note_id": NOTE})
    with pytest.raises(AssertionError, match="WrittenNote has no field 'id'"):
        done.then_result({"id": other})


async def test_an_event_without_a_class_is_compared_by_its_values() -> None:
    bus = CommandBus()

    def moved(**payload: Any) -> DomainEvent[Any]:
        return DomainEvent(event_type="note.moved", aggregate_type="note", aggregate_id=NOTE, payload=payload)

    @bus.handles(WriteNoteCommand, policy=anyone)
    async def move(command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        data = WrittenNote(note_id=command.payload.note_id, receipt=RECEIPT)
        return CommandResult(True, data, events=[moved(to=NOTE)])

    outcome = await Scenario(bus).when(WriteNoteCommand(user_id="ada", payload=WriteNote(note_id=NOTE, text="x")))
    outcome.then_events(moved(to=NOTE)).then_events(moved(to=str(NOTE)))
    with pytest.raises(AssertionError, match="the events differ"):
        outcome.then_events(moved(to=RECEIPT))
