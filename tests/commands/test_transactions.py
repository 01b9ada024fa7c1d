"""One transaction per command, which belongs to the handler's task alone.

Planted bugs, each seen to fail its test: a failed result committed; a commit after an exception; the ambient transaction open
to every task; still open after the end; commands inside handlers let through; the outer transaction not made known to asyncpg;
the isolation left to the database's default; lent connections not reset; errors of the handler's own taken for an outage.
"""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.commands.notes import Kept, WriteNoteCommand, WrittenNote, note_bus, write_note
from tests.commands.waiting import DEADLINE_S

from clone_cqrs.errors import ConflictError, DomainRuleError, NotFoundError, TransactionScopeError
from clone_cqrs.messages import CommandResult
from clone_cqrs.postgres import Database

INSERT = "INSERT INTO note (id, text) VALUES ($1, 'another')"


async def test_a_query_in_a_handler_sees_the_transactions_own_writes(database: Database, kept: Kept) -> None:
    seen: list[object] = []

    async def look(command: WriteNoteCommand) -> None:
        note = command.payload.note_id
        seen.append(await database.fetch_value("SELECT text FROM note WHERE id = $1", note))
        seen.extend(await database.fetch_one("SELECT text FROM note WHERE id = $1", note) or ())
        seen.append((await database.fetch("SELECT text FROM note"))[0]["text"])
        async with database.connection() as connection:
            seen.append(await connection.fetchval("SELECT text FROM note WHERE id = $1", note))
        seen.append(await kept.notes())

    bus, _ = note_bus(database, look)
    assert (await bus.execute(write_note())).success
    assert seen == ["milk", "milk", "milk", "milk", {}]
    assert await kept.counts() == (1, 1, 1)


async def test_an_error_returned_rolls_everything_back(database: Database, kept: Kept) -> None:
    async def refuse(_command: WriteNoteCommand) -> CommandResult[WrittenNote]:
        return CommandResult(False, error=DomainRuleError("full"))

    bus, _ = note_bus(database, refuse)
    result = await bus.execute(write_note())
    assert (result.success, result.token, result.events) == (False, None, ())
    assert isinstance(result.error, DomainRuleError)
    assert await kept.counts() == (0, 0, 0)


@pytest.mark.parametrize("error", [NotFoundError("no such note"), ConflictError("taken"), DomainRuleError("full")])
async def test_an_answered_error_raised_is_an_answer(database: Database, kept: Kept, error: Exception) -> None:
    bus, _ = note_bus(database, _raising(error))
    result = await bus.execute(write_note())
    assert result.error is error
    assert await kept.counts() == (0, 0, 0)


@pytest.mark.parametrize(
    "bug",
    [
        ValueError("a bug"),
        FileNotFoundError("no such file"),
        ConnectionRefusedError("another service"),
        TimeoutError("another service"),
        asyncpg.InterfaceError("used wrongly"),
    ],
    ids=lambda bug: type(bug).__name__,
)
async def test_a_bug_rolls_back_and_propagates_as_it_is(database: Database, kept: Kept, bug: Exception) -> None:
    bus, handler = note_bus(database, _raising(bug))
    command = write_note()
    with pytest.raises(type(bug)) as raised:
        await bus.execute(command)
    assert raised.value is bug
    assert handler.runs == 1
    assert await kept.counts() == (0, 0, 0)
    handler.then = _raising(None)
    assert (await bus.execute(command)).success


def _raising(error: Exception | None) -> Any:
    async def step(_command: WriteNoteCommand) -> None:
        if error is not None:
            raise error

    return step


async def test_a_wrong_statement_is_a_bug(database: Database, kept: Kept) -> None:
    bus, handler = note_bus(database, lambda _command: database.execute("SELECT no_such_column FROM note"))
    with pytest.raises(asyncpg.UndefinedColumnError):
        await bus.execute(write_note())
    assert handler.runs == 1
    assert await kept.counts() == (0, 0, 0)


async def test_a_taken_value_is_a_conflict_that_names_the_constraint_alone(database: Database, kept: Kept) -> None:
    bus, _ = note_bus(database)
    assert (await bus.execute(write_note(title="a title nobody should see"))).success
    result = await bus.execute(write_note(title="a title nobody should see"))
    assert isinstance(result.error, ConflictError)
    assert result.error.constraint == "note_title_key"
    assert "nobody" not in str(result.error)
    assert await kept.counts() == (1, 1, 1)


async def test_a_refusing_check_is_a_broken_rule(database: Database, kept: Kept) -> None:
    bus, _ = note_bus(database)
    result = await bus.execute(write_note(text=""))
    assert isinstance(result.error, DomainRuleError)
    assert result.error.constraint == "note_text_not_empty"


async def test_a_deferred_constraint_that_fails_at_commit_is_answered(database: Database, kept: Kept) -> None:
    async def orphan(command: WriteNoteCommand) -> None:
        await database.execute("UPDATE note SET parent = $1 WHERE id = $2", uuid4(), command.payload.note_id)

    bus, handler = note_bus(database, orphan)
    command = write_note()
    result = await bus.execute(command)
    assert isinstance(result.error, DomainRuleError)
    assert result.error.constraint == "note_parent_exists"
    assert handler.runs == 1
    assert await kept.counts() == (0, 0, 0)
    handler.then = _raising(None)
    again = await bus.execute(command)
    assert (again.success, again.replayed) == (True, False)


async def test_a_transaction_in_a_handler_is_a_savepoint(database: Database, kept: Kept) -> None:
    lost, won = uuid4(), uuid4()

    async def try_twice(_command: WriteNoteCommand) -> None:
        with suppress(ZeroDivisionError):
            async with database.transaction():
                await database.execute(INSERT, lost)
                raise ZeroDivisionError
        async with database.transaction() as connection:
            await connection.execute(INSERT, won)
            await database.execute("UPDATE note SET text = 'changed' WHERE id = $1", won)

    bus, _ = note_bus(database, try_twice)
    command = write_note()
    assert (await bus.execute(command)).success
    assert await kept.notes() == {command.payload.note_id: "milk", won: "changed"}


async def test_asyncpgs_own_transaction_in_a_handler_is_a_savepoint(database: Database, kept: Kept) -> None:
    lost, won = uuid4(), uuid4()

    async def try_twice(_command: WriteNoteCommand) -> None:
        async with database.connection() as connection:
            with suppress(asyncpg.UniqueViolationError):
                async with connection.transaction():
                    await connection.execute(INSERT, lost)
                    await connection.execute(INSERT, lost)
            async with connection.transaction():
                await connection.execute(INSERT, won)

    bus, _ = note_bus(database, try_twice)
    command = write_note()
    assert (await bus.execute(command)).success
    assert set(await kept.notes()) == {command.payload.note_id, won}


async def test_a_transaction_rolled_back_after_its_savepoint_keeps_nothing(database: Database, kept: Kept) -> None:
    async def then_fail(_command: WriteNoteCommand) -> None:
        async with database.transaction():
            await database.execute(INSERT, uuid4())
        raise NotFoundError

    bus, _ = note_bus(database, then_fail)
    assert not (await bus.execute(write_note())).success
    assert await kept.counts() == (0, 0, 0)


async def test_another_task_cannot_use_the_transaction_while_it_is_open(database: Database, kept: Kept) -> None:
    async def delegate(command: WriteNoteCommand) -> None:
        async with asyncio.TaskGroup() as group:
            for attempt in _uses(database, command.payload.note_id):
                group.create_task(_is_refused(attempt))

    bus, _ = note_bus(database, delegate)
    assert (await bus.execute(write_note())).success
    assert await kept.counts() == (1, 1, 1)


async def test_a_task_that_outlives_the_transaction_cannot_use_the_database(database: Database, kept: Kept) -> None:
    over = asyncio.Event()
    children: list[asyncio.Task[None]] = []

    async def later(attempt: Any) -> None:
        await over.wait()
        await _is_refused(attempt)

    async def leave_children(command: WriteNoteCommand) -> None:
        children.extend(asyncio.create_task(later(attempt)) for attempt in _uses(database, command.payload.note_id))

    bus, _ = note_bus(database, leave_children)
    assert (await bus.execute(write_note())).success
    over.set()
    async with asyncio.timeout(DEADLINE_S):
        await asyncio.gather(*children)
    assert await kept.counts() == (1, 1, 1)
    assert await database.fetch_value("SELECT 1") == 1


def _uses(database: Database, note: UUID) -> list[Any]:
    async def with_connection() -> None:
        async with database.connection() as connection:
            await connection.execute(INSERT, note)

    async def with_transaction() -> None:
        async with database.transaction():
            await database.execute(INSERT, note)

    async def with_a_command() -> None:
        await note_bus(database)[0].execute(write_note(note))

    return [
        lambda: database.execute(INSERT, note),
        lambda: database.fetch("SELECT 1"),
        lambda: database.fetch_one("SELECT 1"),
        lambda: database.fetch_value("SELECT 1"),
        with_connection,
        with_transaction,
        with_a_command,
    ]


async def _is_refused(attempt: Any) -> None:
    with pytest.raises(TransactionScopeError):
        await attempt()


async def test_a_command_inside_a_handler_is_refused(database: Database, kept: Kept) -> None:
    refused: list[bool] = []

    async def nest(_command: WriteNoteCommand) -> None:
        if handler.runs == 1:
            try:
                await bus.execute(write_note())
            except TransactionScopeError:
                refused.append(True)

    bus, handler = note_bus(database, nest)
    assert (await bus.execute(write_note())).success
    assert refused == [True]
    assert handler.runs == 1
    assert await kept.counts() == (1, 1, 1)


async def test_a_command_inside_a_plain_transaction_is_refused(database: Database, kept: Kept) -> None:
    bus, _ = note_bus(database)
    async with database.transaction():
        with pytest.raises(TransactionScopeError):
            await bus.execute(write_note())
    assert (await bus.execute(write_note())).success


async def test_runs_in_read_committed_whatever_the_databases_default_is(database: Database, dsn: str, kept: Kept) -> None:
    name = await kept.connection.fetchval("SELECT quote_ident(current_database())")
    await kept.connection.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    levels: list[object] = []

    async def level(_command: WriteNoteCommand) -> None:
        levels.append(await strict.fetch_value("SHOW transaction_isolation"))

    async with Database.open(dsn) as strict:
        bus, _ = note_bus(strict, level)
        assert (await bus.execute(write_note())).success
    assert levels == ["read committed"]


async def test_what_a_handler_sets_for_its_session_does_not_reach_the_next_command(dsn: str, kept: Kept) -> None:
    paths: list[object] = []

    async def set_once(_command: WriteNoteCommand) -> None:
        async with database.connection() as connection:
            paths.append(await connection.fetchval("SHOW work_mem"))
            await connection.execute("SET work_mem = '77MB'")

    async with Database.open(dsn, max_connections=1) as database:
        bus, _ = note_bus(database, set_once)
        assert (await bus.execute(write_note())).success
        assert (await bus.execute(write_note())).success
    assert "77MB" not in paths


async def test_a_handler_that_ends_the_transaction_itself_is_told_so(database: Database, kept: Kept) -> None:
    bus, _ = note_bus(database, lambda _command: database.execute("COMMIT"))
    with pytest.raises(TransactionScopeError):
        await bus.execute(write_note())
    assert (await kept.counts())[1:] == (0, 0)


async def test_a_handler_that_ignores_a_failed_statement_does_not_commit(database: Database, kept: Kept) -> None:
    async def ignore(_command: WriteNoteCommand) -> None:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await database.execute("SELECT 1 / 0")

    bus, _ = note_bus(database, ignore)
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await bus.execute(write_note())
    assert await kept.counts() == (0, 0, 0)
