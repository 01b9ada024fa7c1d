"""The connection is lost while COMMIT is under way: the outcome is found out, and reported once.

Planted bugs, each seen to fail its test: treating a lost COMMIT as rolled back without asking the record; treating it as
committed without asking; asking without waiting for the lost transaction to end; taking any record for one's own; forgetting a
cancellation that came meanwhile; no timeout for what runs again; waiting for ever for an answer to COMMIT.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from tests.commands.notes import TABLE, Kept, WrittenNote, note_bus, nothing, write_note
from tests.commands.proxy import Link, Proxy, lose_answer, lose_commit
from tests.commands.waiting import DEADLINE_S, until_waiting
from tests.conftest import ServerFactory

from clone_cqrs.errors import StorageUnavailableError
from clone_cqrs.messages import CommandResult
from clone_cqrs.postgres import Database


@pytest.fixture
async def proxy(dsn: str) -> AsyncIterator[Proxy]:
    async with Proxy(dsn) as between:
        yield between


@pytest.fixture
async def database(proxy: Proxy, kept: Kept) -> AsyncIterator[Database]:
    async with Database.open(proxy.dsn) as opened:
        yield opened


async def test_runs_again_when_commit_never_reached_the_server(database: Database, proxy: Proxy, kept: Kept) -> None:
    bus, handler = note_bus(database)
    command = write_note()
    proxy.next_commit = lose_commit
    result = await bus.execute(command)
    assert handler.runs == 2
    assert (result.success, result.replayed, len(result.events)) == (True, False, 1)
    assert result.events[0].version == 1
    assert await kept.counts() == (1, 1, 1)
    assert (await bus.execute(command)).data == result.data


async def test_reports_success_with_its_events_when_only_the_answer_was_lost(
    database: Database, proxy: Proxy, kept: Kept
) -> None:
    bus, handler = note_bus(database)
    command = write_note()
    proxy.next_commit = lose_answer
    result = await bus.execute(command)
    assert handler.runs == 1
    assert (result.success, result.replayed) == (True, False)
    assert [event.version for event in result.events] == [1]
    assert result.token is not None
    assert await kept.counts() == (1, 1, 1)
    again = await bus.execute(command)
    assert (again.replayed, again.data, again.token, again.timestamp) == (True, result.data, result.token, result.timestamp)


async def test_waits_for_a_lost_transaction_that_commits_late(database: Database, proxy: Proxy, kept: Kept) -> None:
    bus, handler = note_bus(database)

    async def commit_late(link: Link) -> None:
        link.drop_client()
        await until_waiting(kept.connection)
        await link.forward()
        await link.answered()
        link.drop()

    proxy.next_commit = commit_late
    async with asyncio.timeout(DEADLINE_S):
        result = await bus.execute(write_note())
    assert (result.success, result.replayed, len(result.events), handler.runs) == (True, False, 1, 1)
    assert await kept.counts() == (1, 1, 1)


@pytest.mark.parametrize("lose", [lose_commit, lose_answer])
async def test_finds_out_with_a_single_connection(proxy: Proxy, kept: Kept, lose: Any) -> None:
    async with Database.open(proxy.dsn, max_connections=1) as database:
        bus, _ = note_bus(database)
        proxy.next_commit = lose
        async with asyncio.timeout(DEADLINE_S):
            result = await bus.execute(write_note())
    assert result.success
    assert await kept.counts() == (1, 1, 1)


@pytest.mark.parametrize("with_events", [True, False])
async def test_takes_the_record_of_another_execution_for_what_it_is(
    database: Database, proxy: Proxy, dsn: str, kept: Kept, with_events: bool
) -> None:
    """Between the lost COMMIT and the question, another process carries the same command out."""
    async with Database.open(dsn) as elsewhere:
        step = nothing if with_events else _no_events
        bus, _ = note_bus(database, step)
        other_bus, _ = note_bus(elsewhere, step)
        command = write_note()
        others: list[CommandResult[Any]] = []

        async def overtaken(link: Link) -> None:
            link.drop()
            others.append(await other_bus.execute(command))

        proxy.next_commit = overtaken
        result = await bus.execute(command)
    assert others[0].success
    assert result.data == others[0].data
    assert (result.replayed, result.events) == (True, ())
    assert len(await kept.commands()) == 1


async def _no_events(command: Any) -> CommandResult[Any]:
    return CommandResult(True, WrittenNote(note_id=command.payload.note_id, receipt=uuid4()))


async def test_says_that_the_outcome_is_unknown_when_the_server_is_gone(own_server: ServerFactory) -> None:
    server = own_server(fsync=True)
    async with Database.open(server.dsn()) as direct:
        await direct.migrate()
        await direct.execute(TABLE)
    command = write_note()

    async def server_dies(link: Link) -> None:
        await link.forward()
        await link.answered()
        link.drop()
        server.stop("immediate")

    async with Proxy(server.dsn()) as proxy, Database.open(proxy.dsn) as database:
        bus, handler = note_bus(database)
        proxy.next_commit = server_dies
        async with asyncio.timeout(DEADLINE_S):
            with pytest.raises(StorageUnavailableError) as raised:
                await bus.execute(command)
        assert raised.value.outcome_unknown
        assert str(command.command_id) in str(raised.value)
        assert raised.value.retryable
        assert handler.runs == 1
        server.start()
        async with asyncio.timeout(DEADLINE_S):
            again = await bus.execute(command)
    assert (again.success, again.replayed, handler.runs) == (True, True, 1)
    connection = await asyncpg.connect(server.dsn())
    try:
        assert await Kept(connection).counts() == (1, 1, 1)
    finally:
        await connection.close()


@pytest.mark.parametrize("lose", [lose_commit, lose_answer])
async def test_a_cancellation_during_a_lost_commit_is_not_forgotten(
    database: Database, proxy: Proxy, kept: Kept, lose: Any
) -> None:
    bus, handler = note_bus(database)
    reached, cancelled = asyncio.Event(), asyncio.Event()

    async def cancelled_meanwhile(link: Link) -> None:
        reached.set()
        await cancelled.wait()
        await lose(link)

    proxy.next_commit = cancelled_meanwhile
    task = asyncio.create_task(bus.execute(write_note()))
    async with asyncio.timeout(DEADLINE_S):
        await reached.wait()
        task.cancel()
        await asyncio.sleep(0)
        cancelled.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert handler.runs == 1
    assert await kept.counts() == ((0, 0, 0) if lose is lose_commit else (1, 1, 1))


async def test_all_connections_of_a_pool_lost_at_once(proxy: Proxy, kept: Kept) -> None:
    """Every place of the pool is taken by a command that has to find out about its own COMMIT."""
    async with Database.open(proxy.dsn, max_connections=3) as database:
        arrived: list[Link] = []
        everybody = asyncio.Event()

        async def together(link: Link) -> None:
            arrived.append(link)
            if len(arrived) < 3:
                proxy.next_commit = together
            else:
                everybody.set()
            await everybody.wait()
            link.drop()

        bus, _ = note_bus(database)
        proxy.next_commit = together
        async with asyncio.timeout(DEADLINE_S):
            results = await asyncio.gather(*(bus.execute(write_note()) for _ in range(3)))
    assert all(result.success for result in results)
    assert await kept.counts() == (3, 3, 3)


async def test_a_command_that_runs_again_still_has_its_timeout(database: Database, proxy: Proxy, kept: Kept) -> None:
    """The first COMMIT ends the countdown; when it never arrived, what runs again is counted again."""
    second = asyncio.Event()

    async def hang_the_second_time(_command: Any) -> None:
        if handler.runs == 2:
            second.set()
            await asyncio.Event().wait()

    bus, handler = note_bus(database, hang_the_second_time)
    proxy.next_commit = lose_commit
    async with asyncio.timeout(DEADLINE_S):
        result = await bus.execute(write_note(), timeout=3.0)
    assert second.is_set()
    assert result.error is not None
    assert result.error.code == "timeout"
    assert await kept.counts() == (0, 0, 0)


async def test_a_network_that_goes_away_during_commit_is_found_out(proxy: Proxy, kept: Kept) -> None:
    """Nothing closes the connection, and no answer comes: after a while the record is asked on another one."""
    async with Database.open(proxy.dsn, statement_timeout=0.3, connect_timeout=0.3) as database:
        bus, handler = note_bus(database)
        let_go = asyncio.Event()

        async def never_answered(link: Link) -> None:
            await link.forward()
            await link.answered()
            await let_go.wait()
            link.drop()

        proxy.next_commit = never_answered
        task = asyncio.create_task(bus.execute(write_note()))
        # COMMIT is not to be cancelled: what waits for it for ever is let go, to fail here.
        in_time, _ = await asyncio.wait({task}, timeout=DEADLINE_S)
        let_go.set()
        result = await task
    assert in_time
    assert (result.success, result.replayed, len(result.events), handler.runs) == (True, False, 1, 1)
    assert await kept.counts() == (1, 1, 1)
