"""A planted secret is nowhere: not in the database, a log line, an error, a result, or a message's text.

Planted bugs, each seen to fail its test: the secret logged; stored in the fingerprint's place, and in an event's metadata; the
server's DETAIL in an error's chain; secrets let into events and results; secrets in the fingerprint.
"""

import io
import logging
import traceback
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import structlog
from pydantic import BaseModel, ConfigDict, SecretBytes, SecretStr
from tests.commands.notes import Kept, NoteText, WriteNote, WriteNoteCommand, WriteNoteHandler, note_bus, write_note
from tests.servers.postgresql import PrivateServer

from clone_cqrs.commands import CommandBus
from clone_cqrs.commands.fingerprint import fingerprint_of
from clone_cqrs.dispatch.policies import anyone, has_role
from clone_cqrs.errors import CommandValidationError, DomainRuleError
from clone_cqrs.messages import Command, CommandResult, DomainEvent, Payload
from clone_cqrs.postgres import Database

SECRET = "Zq7-SECRET-7qZ"

_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, by the standard library and by structlog."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream))
    yield stream
    structlog.reset_defaults()
    root.removeHandler(handler)
    root.setLevel(level)


async def everything_stored(connection: Any) -> str:
    """All rows of all tables, as text."""
    parts = []
    for row in await connection.fetch(_TABLES):
        parts += [str(found[0]) for found in await connection.fetch(f"SELECT t::text FROM {row[0]} t")]
    return "\n".join(parts)


def told_by(result: CommandResult[Any]) -> str:
    """All that a result says, with its error's chain."""
    texts = [repr(result), repr(result.data), repr(result.events), *(repr(event.to_wire()) for event in result.events)]
    if result.error is not None:
        texts += [str(result.error), repr(result.error.__dict__), *traceback.format_exception(result.error)]
    return " ".join(texts)


async def test_a_secret_in_a_command_stays_in_the_process(
    database: Database, kept: Kept, server: PrivateServer, logged: io.StringIO
) -> None:
    bus, handler = note_bus(database, policy=anyone)
    told: list[str] = []
    command = write_note(pin=SECRET)
    payload: dict[str, Any] = {"noteId": str(uuid4()), "text": "milk", "pin": SECRET}
    raw = {"commandType": "note.write", "userId": "ada", "payload": payload}
    told += [repr(command), str(command), repr(command.payload), str(command.to_wire()), command.payload.model_dump_json()]
    told += [told_by(await bus.execute(command)), told_by(await bus.execute(command))]
    told += [told_by(await bus.execute_message(raw))]
    told += [told_by(await bus.execute(write_note(command_id=command.command_id, pin=SECRET)))]
    told += [told_by(await bus.execute(write_note(text="", pin=SECRET)))]
    for wrong in ({"text": 5}, {"pin": [SECRET]}, {"pin": SECRET + "\x00"}):
        told += [told_by(await bus.execute_message({**raw, "payload": {**payload, **wrong}}))]

    async def refuse(_command: WriteNoteCommand) -> CommandResult[Any]:
        return CommandResult(False, error=DomainRuleError("no"))

    async def fail(given: WriteNoteCommand) -> None:
        raise ValueError(f"a bug with {given.payload!r} and {given!r}")

    handler.then = refuse
    told += [told_by(await bus.execute(write_note(pin=SECRET)))]
    handler.then = fail
    with pytest.raises(ValueError, match="a bug") as raised:
        await bus.execute(write_note(pin=SECRET))
    told += traceback.format_exception(raised.value)
    strict = CommandBus(database=database)
    strict.register(WriteNoteCommand, WriteNoteHandler(database, policy=has_role("nobody")))
    told += [told_by(await strict.execute(write_note(pin=SECRET)))]

    assert command.payload.pin is not None
    assert command.payload.pin.get_secret_value() == SECRET
    assert SECRET not in " ".join(told)
    stored = await everything_stored(kept.connection)
    assert "note.written" in stored
    assert SECRET not in stored
    assert SECRET.encode().hex() not in stored
    assert SECRET not in logged.getvalue()
    assert SECRET not in server.log_tail(10_000)


async def test_what_a_constraint_refused_is_not_quoted_from_the_servers_detail(database: Database, kept: Kept) -> None:
    """`Key (title)=(...) already exists`, and `Failing row contains (...)`."""
    bus, handler = note_bus(database)
    assert (await bus.execute(write_note(title=SECRET))).success
    told = [told_by(await bus.execute(write_note(title=SECRET)))]

    async def empty(command: WriteNoteCommand) -> None:
        await database.execute("UPDATE note SET text = '', title = $1 WHERE id = $2", f"{SECRET} 2", command.payload.note_id)

    handler.then = empty
    told += [told_by(await bus.execute(write_note()))]
    assert "note_title_key" in told[0]
    assert "note_text_not_empty" in told[1]

    async def nothing_at_all(command: WriteNoteCommand) -> None:
        await database.execute("INSERT INTO note (id, title) VALUES ($1, $2)", uuid4(), f"{SECRET} 3")

    handler.then = nothing_at_all
    with pytest.raises(asyncpg.NotNullViolationError) as raised:
        await bus.execute(write_note())
    told += traceback.format_exception(raised.value)
    assert SECRET not in " ".join(told)


class Inner(Payload):
    key: SecretStr
    name: str = "n"


class Everywhere(Payload):
    one: SecretStr
    raw: SecretBytes
    inner: Inner
    many: tuple[Inner, ...] = ()
    by_name: dict[str, Inner] | None = None
    plain: tuple[SecretStr, ...] = ()


def everywhere(secret: str) -> Everywhere:
    inner = {"key": secret}
    return Everywhere.model_validate(
        {
            "one": secret,
            "raw": secret.encode(),
            "inner": inner,
            "many": [inner, inner],
            "by_name": {"a": inner},
            "plain": [secret],
        }
    )


def test_no_secret_has_a_part_in_the_fingerprint() -> None:
    assert fingerprint_of(everywhere("one")) == fingerprint_of(everywhere("other")) == fingerprint_of(everywhere(""))
    changed = everywhere("one").model_copy(update={"inner": Inner(key=SecretStr("one"), name="m")})
    assert fingerprint_of(changed) != fingerprint_of(everywhere("one"))


class PlainInner(BaseModel):
    model_config = ConfigDict(frozen=True)
    key: SecretStr


class PlainPayload(BaseModel):
    model_config = ConfigDict(frozen=True)
    keys: list[PlainInner]
    loose: list[SecretStr]


def test_nor_in_the_fingerprint_of_a_plain_model() -> None:
    one, other = (
        PlainPayload(keys=[PlainInner(key=SecretStr(key))], loose=[SecretStr(key)]) for key in ("", "something longer")
    )
    assert fingerprint_of(one) == fingerprint_of(other)


def test_an_event_class_cannot_have_a_secret_field() -> None:
    with pytest.raises(TypeError, match="secret"):

        class Told(DomainEvent[Everywhere], type="told", aggregate="note"): ...


def test_an_event_without_a_class_cannot_carry_a_secret() -> None:
    for payload in ({"pin": SecretStr(SECRET)}, {"deep": [{"pin": SecretStr(SECRET)}]}, everywhere(SECRET)):
        with pytest.raises((TypeError, CommandValidationError), match="secret"):
            DomainEvent(event_type="told", aggregate_type="note", aggregate_id="1", payload=payload)


@pytest.mark.parametrize(
    "result_type",
    [
        SecretStr,
        Inner,
        tuple[Inner, ...],
        dict[str, Inner],
        Inner | None,
        Everywhere,
        list[SecretBytes],
    ],
    ids=str,
)
def test_a_result_type_with_a_secret_field_is_refused_at_registration(result_type: Any) -> None:
    class TellCommand(Command[WriteNote, result_type], type="note.tell"): ...

    async def tell(_command: TellCommand) -> Any:
        return None

    with pytest.raises(TypeError, match="secret"):
        CommandBus().handles(TellCommand, policy=anyone)(tell)


def test_a_harmless_result_type_is_taken() -> None:
    class TellCommand(Command[WriteNote, tuple[NoteText, ...]], type="note.tell"): ...

    async def tell(_command: TellCommand) -> Any:
        return ()

    CommandBus().handles(TellCommand, policy=anyone)(tell)
