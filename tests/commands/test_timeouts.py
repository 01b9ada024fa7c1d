"""Time runs out, or the caller gives up: before COMMIT nothing is kept, from then on the command is finished.

Planted bugs, each seen to fail its test: a timeout that goes on during COMMIT; COMMIT cancelled with its caller; a cancelled
caller that is answered as if nothing were; a session that the server ended for idling taken for an outage; waiting for ever for
the answer to a ROLLBACK.
"""

import asyncio
from typing import Any

import pytest
from tests.commands.notes import Kept, WriteNoteCommand, note_bus, nothing, write_note
from tests.commands.proxy import Link, Proxy
from tests.commands.waiting import DEADLINE_S, until

from clone_cqrs.commands import unit_of_work
from clone_cqrs.errors import CommandTimeoutError
from clone_cqrs.postgres import Database


class Hanging:
    """A step of the handler that never ends by itself."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()

    async def __call__(self, _command: WriteNoteCommand) -> None:
        self.entered.set()
        await asyncio.Event().wait()


async def sessions(kept: Kept) -> int:
    """Other sessions of this database that are inside a transaction."""
    count: int = await kept.connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL "
        "AND backend_type = 'client backend'"
    )
    return count


async def test_a_handler_that_takes_too_long_is_answered_with_a_timeout(database: Database, kept: Kept) -> None:
    bus, handler = note_bus(database, Hanging())
    command = write_note()
    result = await bus.execute(command, timeout=0.1)
    assert isinstance(result.error, CommandTimeoutError)
    assert result.error.retryable
    assert await kept.counts() == (0, 0, 0)
    assert await sessions(kept) == 0
    handler.then = nothing
    assert (await bus.execute(command, timeout=10)).success


async def test_a_statement_that_takes_too_long_is_cancelled_on_the_server(database: Database, kept: Kept) -> None:
    bus, _ = note_bus(database, lambda _command: database.execute("SELECT pg_sleep(600)"))
    result = await bus.execute(write_note(), timeout=0.1)
    assert isinstance(result.error, CommandTimeoutError)

    async def nobody_left() -> bool:
        return await sessions(kept) == 0

    await until(nobody_left)
    assert await kept.counts() == (0, 0, 0)


async def test_the_databases_statement_timeout_is_the_default(dsn: str, kept: Kept) -> None:
    async with Database.open(dsn, statement_timeout=0.2) as database:
        bus, handler = note_bus(database, lambda _command: database.execute("SELECT pg_sleep(600)"))
        async with asyncio.timeout(DEADLINE_S):
            result = await bus.execute(write_note())
    assert isinstance(result.error, CommandTimeoutError)
    assert handler.runs == 1
    assert await kept.counts() == (0, 0, 0)


async def test_a_handler_that_idles_in_its_transaction_is_answered_with_a_timeout(dsn: str, kept: Kept) -> None:
    async with Database.open(dsn, idle_in_transaction_timeout=0.2) as database:

        async def ended() -> bool:
            return await sessions(kept) == 0

        async def idle(command: WriteNoteCommand) -> None:
            await until(ended)
            await database.execute("UPDATE note SET text = 'late' WHERE id = $1", command.payload.note_id)

        bus, handler = note_bus(database, idle)
        async with asyncio.timeout(DEADLINE_S):
            result = await bus.execute(write_note())
    assert isinstance(result.error, CommandTimeoutError)
    assert handler.runs == 1
    assert await kept.counts() == (0, 0, 0)


async def test_a_timeout_of_the_handlers_own_is_not_the_commands(database: Database, kept: Kept) -> None:
    async def impatient(_command: WriteNoteCommand) -> None:
        async with asyncio.timeout(0):
            await asyncio.Event().wait()

    bus, _ = note_bus(database, impatient)
    with pytest.raises(TimeoutError):
        await bus.execute(write_note(), timeout=30)
    assert await kept.counts() == (0, 0, 0)


async def test_a_cancelled_command_rolls_back(database: Database, kept: Kept) -> None:
    hanging = Hanging()
    bus, handler = note_bus(database, hanging)
    command = write_note()
    task = asyncio.create_task(bus.execute(command))
    async with asyncio.timeout(DEADLINE_S):
        await hanging.entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await kept.counts() == (0, 0, 0)
    assert await sessions(kept) == 0
    handler.then = nothing
    assert (await bus.execute(command)).success


async def test_a_command_cancelled_while_a_statement_runs_rolls_back(database: Database, kept: Kept) -> None:
    running = asyncio.Event()

    async def slow(_command: WriteNoteCommand) -> None:
        running.set()
        await database.execute("SELECT pg_sleep(600)")

    bus, _ = note_bus(database, slow)
    task = asyncio.create_task(bus.execute(write_note()))
    async with asyncio.timeout(DEADLINE_S):
        await running.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def nobody_left() -> bool:
        return await sessions(kept) == 0

    await until(nobody_left)
    assert await kept.counts() == (0, 0, 0)


class DelayedAnswer:
    """Holds back the answer to COMMIT until it is let go."""

    def __init__(self) -> None:
        self.committed = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, link: Link) -> None:
        await link.forward()
        await link.answered()
        self.committed.set()
        await self.let_go.wait()


async def test_a_command_cancelled_during_commit_is_finished(dsn: str, kept: Kept) -> None:
    async with Proxy(dsn) as proxy, Database.open(proxy.dsn) as database:
        bus, handler = note_bus(database)
        heard: list[Any] = []
        database.on_commit(heard.extend)
        command = write_note()
        proxy.next_commit = answer = DelayedAnswer()
        task = asyncio.create_task(bus.execute(command))
        async with asyncio.timeout(DEADLINE_S):
            await answer.committed.wait()
            task.cancel()
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.sleep(0)
            assert not task.done()
            answer.let_go.set()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await kept.counts() == (1, 1, 1)
        assert [event.version for event in heard] == [1]
        again = await bus.execute(command)
        assert (again.replayed, handler.runs) == (True, 1)


async def test_time_does_not_run_out_after_commit_was_sent(dsn: str, kept: Kept) -> None:
    async with Proxy(dsn) as proxy, Database.open(proxy.dsn) as database:
        bus, _ = note_bus(database)
        await database.database_id()
        proxy.next_commit = answer = DelayedAnswer()
        timeout = 1.0
        task = asyncio.create_task(bus.execute(write_note(), timeout=timeout))
        async with asyncio.timeout(DEADLINE_S):
            await answer.committed.wait()
            await asyncio.sleep(timeout)
            assert not task.done()
            answer.let_go.set()
            result = await task
    assert (result.success, result.replayed, len(result.events)) == (True, False, 1)
    assert await kept.counts() == (1, 1, 1)


async def test_a_network_that_goes_away_does_not_outlast_the_timeout(
    dsn: str, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is answered any more, not even the ROLLBACK."""
    monkeypatch.setattr(unit_of_work, "_ROLLBACK_S", 0.2)
    async with Proxy(dsn) as proxy, Database.open(proxy.dsn) as database:

        async def cut(_command: WriteNoteCommand) -> None:
            proxy.swallow_everything()
            await database.execute("SELECT 1")

        bus, _ = note_bus(database, cut)
        async with asyncio.timeout(DEADLINE_S):
            result = await bus.execute(write_note(), timeout=0.2)
        assert isinstance(result.error, CommandTimeoutError)
    assert await kept.counts() == (0, 0, 0)


async def test_no_task_is_left_behind(dsn: str, kept: Kept) -> None:
    before = asyncio.all_tasks()
    async with Database.open(dsn) as database:
        bus, handler = note_bus(database)
        await asyncio.gather(*(bus.execute(write_note()) for _ in range(5)))
        handler.then = Hanging()
        await bus.execute(write_note(), timeout=0.05)
        task = asyncio.create_task(bus.execute(write_note()))
        await handler.then.entered.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def quiet() -> bool:
        return asyncio.all_tasks() <= before

    await until(quiet)
