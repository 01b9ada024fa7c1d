"""The tiny domain of these tests: notes, in one table, written by one command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from clone_cqrs.commands import BaseCommandHandler, CommandBus
from clone_cqrs.dispatch.policies import Policy, anyone
from clone_cqrs.messages import Command, CommandResult, DomainEvent, Payload
from clone_cqrs.postgres import Database

TABLE = """
CREATE TABLE note (
    id uuid PRIMARY KEY,
    text text NOT NULL CONSTRAINT note_text_not_empty CHECK (text <> ''),
    title text CONSTRAINT note_title_key UNIQUE,
    parent uuid CONSTRAINT note_parent_exists REFERENCES note DEFERRABLE INITIALLY DEFERRED
)
"""


class WriteNote(Payload):
    note_id: UUID
    text: str
    title: str | None = None
    pin: SecretStr | None = None


class WrittenNote(Payload):
    note_id: UUID
    receipt: UUID
    """New each time the handler runs: tells a stored answer from a fresh one."""


class NoteText(Payload):
    text: str


class WriteNoteCommand(Command[WriteNote, WrittenNote], type="note.write"): ...


class EraseNoteCommand(Command[WriteNote, WrittenNote], type="note.erase"): ...


class NoteWritten(DomainEvent[NoteText], type="note.written", aggregate="note", tables=("note",)): ...


Step = Callable[[WriteNoteCommand], Awaitable[Any]]


async def nothing(_command: WriteNoteCommand) -> None:
    return None


class WriteNoteHandler(BaseCommandHandler[WriteNoteCommand, WrittenNote]):
    """Inserts a row, then runs `then`, which may wait, fail, or return another result. `runs` counts."""

    policy: Policy | None = anyone  # type: ignore[misc]

    def __init__(self, database: Database, then: Step = nothing, *, retries: int = 0, policy: Policy = anyone) -> None:
        self.database = database
        self.then = then
        self.runs = 0
        self.retries = retries  # type: ignore[misc]
        self.policy = policy

    async def handle(self, command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        self.runs += 1
        note = command.payload
        await self.database.execute(
            "INSERT INTO note (id, text, title) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET text = excluded.text",
            note.note_id,
            note.text,
            note.title,
        )
        other = await self.then(command)
        if isinstance(other, CommandResult):
            return other
        return self.success(WrittenNote(note_id=note.note_id, receipt=uuid4()), [written(note.note_id, note.text)])


def written(note_id: UUID, text: str = "a fact", *, version: int | None = None) -> NoteWritten:
    return NoteWritten(aggregate_id=note_id, payload=NoteText(text=text), version=version)


def write_note(note_id: UUID | None = None, text: str = "milk", **options: Any) -> WriteNoteCommand:
    """A command; `title` and `pin` go to the payload, everything else to the envelope."""
    secondary: dict[str, Any] = {name: options.pop(name) for name in ("title", "pin") if name in options}
    return WriteNoteCommand(
        payload={"note_id": note_id or uuid4(), "text": text, **secondary}, user_id=options.pop("user_id", "ada"), **options
    )


def note_bus(database: Database, then: Step = nothing, **options: Any) -> tuple[CommandBus, WriteNoteHandler]:
    """A bus that knows `note.write`, and its handler."""
    bus = CommandBus(database=database)
    handler = WriteNoteHandler(database, then, **options)
    bus.register(WriteNoteCommand, handler)
    return bus, handler


class Kept:
    """What a database holds now, read on a connection of its own."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def notes(self) -> dict[UUID, str]:
        return {row["id"]: row["text"] for row in await self.connection.fetch("SELECT id, text FROM note")}

    async def events(self) -> list[tuple[UUID, int]]:
        """(aggregate, version), in the order of positions."""
        rows = await self.connection.fetch("SELECT aggregate_id::uuid, version FROM cqrs.event ORDER BY position")
        return [(row["aggregate_id"], row["version"]) for row in rows]

    async def commands(self) -> Sequence[UUID]:
        return [row["command_id"] for row in await self.connection.fetch("SELECT command_id FROM cqrs.command")]

    async def counts(self) -> tuple[int, int, int]:
        """(notes, events, records)."""
        return len(await self.notes()), len(await self.events()), len(await self.commands())
