"""A session works in the command's own transaction, ends with it, and leaves its connection as it was.

Planted and seen: an engine with connections of its own; SQLAlchemy's codecs left on the connection; a session that is closed
closing the connection; no savepoint around it; a driver's error left inside SQLAlchemy's; a use in another task let through.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import JSON, ForeignKey, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from tests.commands.conftest import kept
from tests.commands.notes import Kept, WriteNoteCommand, WrittenNote, note_bus, write_note
from tests.commands.waiting import until

from clone_cqrs.commands import CommandBus
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.errors import ConflictError, DomainRuleError, TransactionScopeError
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.sqlalchemy import session

__all__ = ["kept"]


class Base(DeclarativeBase): ...


class Note(Base):
    __tablename__ = "note"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    text: Mapped[str]
    title: Mapped[str | None]
    parent: Mapped[UUID | None] = mapped_column(ForeignKey("note.id"))


class Card(Base):
    __tablename__ = "card"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    plain: Mapped[list[int]] = mapped_column(JSON)
    version: Mapped[int]

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.version}


@pytest.fixture
async def database(dsn: str, kept: Kept) -> AsyncIterator[Database]:
    await kept.connection.execute("CREATE TABLE card (id uuid PRIMARY KEY, facts jsonb, plain json, version int NOT NULL)")
    # One connection: whoever took another would wait for ever, and what is left on it meets everybody.
    async with Database.open(dsn, max_connections=1, connect_timeout=5) as opened:
        yield opened


def note(note_id: UUID | None = None, text: str = "by a session", **columns: Any) -> Note:
    return Note(id=note_id or uuid4(), text=text, **columns)


def bus_with(database: Database, step: Any) -> CommandBus:
    """`note.write` inserts a note by hand, and then runs `step`."""
    return note_bus(database, step)[0]


async def test_writes_in_the_commands_transaction(database: Database, kept: Kept) -> None:
    by_hand, by_session = uuid4(), uuid4()

    async def step(_command: WriteNoteCommand) -> None:
        async with session(database) as opened:
            assert await opened.scalar(select(func.count()).select_from(Note)) == 1, "sees what the handler did before it"
            opened.add(note(by_session))
        assert await database.fetch_value("SELECT count(*) FROM note") == 2, "and is seen after it"
        assert await kept.notes() == {}

    (await bus_with(database, step).execute(write_note(by_hand))).unwrap()
    assert (await kept.notes()).keys() == {by_hand, by_session}


async def test_is_rolled_back_with_the_command_whatever_it_committed(database: Database, kept: Kept) -> None:
    async def step(_command: WriteNoteCommand) -> None:
        async with session(database) as opened:
            opened.add(note())
            await opened.commit()
            opened.add(note())
        raise DomainRuleError("on second thoughts")

    assert (await bus_with(database, step).execute(write_note())).error is not None
    assert await kept.counts() == (0, 0, 0)


async def test_undoes_what_it_did_itself_and_the_command_goes_on(database: Database, kept: Kept) -> None:
    by_hand = uuid4()

    async def step(_command: WriteNoteCommand) -> None:
        async with session(database) as opened:
            opened.add(note())
            await opened.flush()
            await opened.rollback()
        with pytest.raises(ZeroDivisionError):
            await fail_after_a_note(database)
        with pytest.raises(TimeoutError):
            await sleep_after_a_note(database)

    (await bus_with(database, step).execute(write_note(by_hand))).unwrap()
    assert (await kept.notes()).keys() == {by_hand}


async def fail_after_a_note(database: Database) -> None:
    async with session(database) as opened:
        opened.add(note())
        await opened.commit()
        raise ZeroDivisionError


async def sleep_after_a_note(database: Database) -> None:
    async with asyncio.timeout(1), session(database) as opened:
        opened.add(note())
        await opened.flush()
        await opened.execute(text("SELECT pg_sleep(60)"))


@pytest.mark.parametrize(
    ("columns", "error", "constraint"),
    [
        ({"title": "taken"}, ConflictError, "note_title_key"),
        ({"text": ""}, DomainRuleError, "note_text_not_empty"),
    ],
)
async def test_errors_come_to_the_same_outcomes(
    database: Database, kept: Kept, columns: dict[str, Any], error: type[Exception], constraint: str
) -> None:
    async def step(_command: WriteNoteCommand) -> None:
        async with session(database) as opened:
            opened.add(note(**columns))

    result = await bus_with(database, step).execute(write_note(title="taken"))
    assert type(result.error) is error
    assert getattr(result.error, "constraint", None) == constraint
    causes = []
    cause: BaseException | None = result.error
    while cause is not None:
        causes.append(str(cause))
        cause = cause.__cause__
    assert "taken)" not in "".join(causes).replace(f"({constraint})", ""), "no value of a row in any text"
    assert await kept.counts() == (0, 0, 0)


async def test_an_error_can_be_caught_inside_with_sqlalchemys_own_class(database: Database, kept: Kept) -> None:
    async def step(command: WriteNoteCommand) -> None:
        async with session(database) as opened:
            try:
                async with opened.begin_nested():
                    opened.add(note(title=command.payload.title))
            except IntegrityError:
                opened.add(note(title="another"))

    (await bus_with(database, step).execute(write_note(title="taken"))).unwrap()
    assert (await kept.counts())[0] == 2


async def test_a_version_that_moved_on_is_a_conflict(database: Database) -> None:
    async def step(_command: WriteNoteCommand) -> None:
        async with session(database) as opened:
            card = Card(id=uuid4(), facts={}, plain=[])
            opened.add(card)
            await opened.flush()
            await database.execute("UPDATE card SET version = version + 1")
            card.facts = {"new": True}

    assert isinstance((await bus_with(database, step).execute(write_note())).error, ConflictError)


async def test_is_refused_in_another_task_and_after_its_end(database: Database) -> None:
    begun = asyncio.Event()
    found: list[AsyncSession] = []

    async def elsewhere() -> None:
        await begun.wait()
        await found[0].execute(text("SELECT 1"))

    outsider = asyncio.create_task(elsewhere())

    async def step(_command: WriteNoteCommand) -> None:
        async with session(database) as opened:
            await opened.execute(text("SELECT 1"))
            found.append(opened)
            with pytest.raises(TransactionScopeError, match="belongs to the task"):
                await asyncio.create_task(_ask(opened))
            begun.set()
            with pytest.raises(TransactionScopeError, match="of another task"):
                await outsider
            assert await opened.scalar(text("SELECT 1")) == 1, "and is none the worse for it"

    (await bus_with(database, step).execute(write_note())).unwrap()
    with pytest.raises(TransactionScopeError):
        await _ask(found[0])


async def _ask(opened: AsyncSession) -> None:
    await opened.execute(text("SELECT 1"))


async def test_outside_of_a_command_it_is_a_transaction_of_its_own(database: Database, kept: Kept) -> None:
    one = uuid4()
    async with session(database) as opened:
        opened.add(note(one))
        assert await kept.notes() == {}
    assert (await kept.notes()).keys() == {one}
    with pytest.raises(ZeroDivisionError):
        await fail_after_a_note(database)
    assert (await kept.notes()).keys() == {one}


async def test_leaves_the_connection_as_it_was(database: Database, kept: Kept) -> None:
    facts = {"a": [1, None, "ä"], "b": {"c": 1.5}}
    pid = await database.fetch_value("SELECT pg_backend_pid()")
    async with session(database) as opened:
        opened.add(Card(id=uuid4(), facts=facts, plain=[1, 2]))
    async with session(database) as opened:
        card = await opened.scalar(select(Card).where(Card.facts["a"][0].as_integer() == 1))
        assert card is not None
        assert (card.facts, card.plain) == (facts, [1, 2])
    assert isinstance(await database.fetch_value("SELECT facts FROM card"), str), "the codecs are the driver's own"
    assert await database.fetch_value("SELECT pg_backend_pid()") == pid, "the connection is still there"

    async def idle() -> bool:
        state = "SELECT state FROM pg_stat_activity WHERE pid = $1"
        return bool(await kept.connection.fetchval(state, pid) == "idle")

    await until(idle)


async def test_sessions_of_many_commands_do_not_disturb_each_other(dsn: str, kept: Kept) -> None:
    async with Database.open(dsn, max_connections=4) as database:
        bus = CommandBus(database=database)

        @bus.handles(WriteNoteCommand, policy=anyone)
        async def write(command: WriteNoteCommand) -> WrittenNote:
            async with session(database) as opened:
                opened.add(note(command.payload.note_id, command.payload.text))
                await opened.flush()
                written = await opened.get_one(Note, command.payload.note_id)
                assert written.text == command.payload.text
            return WrittenNote(note_id=written.id, receipt=uuid4())

        commands = [write_note(text=str(number)) for number in range(20)]
        results = await asyncio.gather(*(bus.execute(command) for command in commands))
        assert all(result.success for result in results), results
    assert sorted(map(int, (await kept.notes()).values())) == list(range(20))
