"""What is run again, how often, and what happens when there is no server.

Planted bugs, each seen to fail its test: races not retried; retried without an end; conflicts retried without being asked;
outages not retried.
"""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.commands.notes import TABLE, Kept, WriteNoteCommand, note_bus, write_note
from tests.commands.proxy import Proxy
from tests.commands.waiting import DEADLINE_S, until_waiting
from tests.conftest import ServerFactory

from clone_cqrs.errors import ConflictError, StorageUnavailableError
from clone_cqrs.postgres import Database

A, B = UUID("0192f0c1-2345-7000-8000-00000000000a"), UUID("0192f0c1-2345-7000-8000-00000000000b")


async def test_a_deadlock_is_resolved_by_running_again(database: Database, kept: Kept) -> None:
    for note in (A, B):
        await kept.connection.execute("INSERT INTO note (id, text) VALUES ($1, 'x')", note)
    both = asyncio.Barrier(2)

    async def lock_the_other(command: WriteNoteCommand) -> None:
        if handler.runs <= 2:
            await both.wait()
        other = B if command.payload.note_id == A else A
        await database.execute("UPDATE note SET text = text WHERE id = $1", other)

    bus, handler = note_bus(database, lock_the_other)
    async with asyncio.timeout(DEADLINE_S):
        results = await asyncio.gather(bus.execute(write_note(A)), bus.execute(write_note(B)))
    assert [result.error for result in results] == [None, None]
    assert handler.runs == 3
    assert await kept.counts() == (2, 2, 2)


async def test_a_serialization_failure_is_run_again(database: Database, kept: Kept) -> None:
    async def lose_once(_command: WriteNoteCommand) -> None:
        if handler.runs == 1:
            await database.execute("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = 'serialization_failure'; END $$")

    bus, handler = note_bus(database, lose_once)
    assert (await bus.execute(write_note())).success
    assert handler.runs == 2
    assert await kept.counts() == (1, 1, 1)


@pytest.mark.parametrize("state", ["serialization_failure", "deadlock_detected"])
async def test_races_that_are_always_lost_are_given_up_as_a_conflict(database: Database, kept: Kept, state: str) -> None:
    bus, handler = note_bus(
        database, lambda _: database.execute(f"DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '{state}'; END $$")
    )
    async with asyncio.timeout(DEADLINE_S):
        result = await bus.execute(write_note())
    assert isinstance(result.error, ConflictError)
    assert 2 <= handler.runs <= 10
    assert await kept.counts() == (0, 0, 0)


async def test_a_conflict_is_run_again_in_a_new_transaction_as_often_as_the_handler_says(
    database: Database, kept: Kept
) -> None:
    transactions: list[object] = []

    async def conflict(_command: WriteNoteCommand) -> None:
        transactions.append(await database.fetch_value("SELECT pg_current_xact_id()::text"))
        assert len(await database.fetch("SELECT FROM note")) == 1
        raise ConflictError

    bus, handler = note_bus(database, conflict, retries=2)
    result = await bus.execute(write_note())
    assert isinstance(result.error, ConflictError)
    assert handler.runs == 3
    assert len(set(transactions)) == 3
    assert await kept.counts() == (0, 0, 0)


@pytest.mark.parametrize("retries", [0, 3])
async def test_stops_running_again_at_the_first_success(database: Database, kept: Kept, retries: int) -> None:
    async def conflict_twice(_command: WriteNoteCommand) -> None:
        if handler.runs <= 2:
            raise ConflictError

    bus, handler = note_bus(database, conflict_twice, retries=retries)
    result = await bus.execute(write_note())
    assert result.success is (retries == 3)
    assert handler.runs == (3 if retries else 1)


async def test_a_taken_value_counts_as_a_conflict_for_retries(database: Database, kept: Kept) -> None:
    bus, handler = note_bus(database, retries=1)
    await bus.execute(write_note(title="taken"))
    handler.runs = 0
    assert isinstance((await bus.execute(write_note(title="taken"))).error, ConflictError)
    assert handler.runs == 2


async def test_a_session_ended_by_the_server_is_run_again_on_another(database: Database, kept: Kept) -> None:
    async def end_once(_command: WriteNoteCommand) -> None:
        if handler.runs == 1:
            pid = await database.fetch_value("SELECT pg_backend_pid()")
            await kept.connection.execute("SELECT pg_terminate_backend($1, 10000)", pid)
            await database.execute("SELECT 1")

    bus, handler = note_bus(database, end_once)
    async with asyncio.timeout(DEADLINE_S):
        assert (await bus.execute(write_note())).success
    assert handler.runs == 2
    assert await kept.counts() == (1, 1, 1)


async def test_a_connection_lost_in_a_handler_is_run_again_on_another(dsn: str, kept: Kept) -> None:
    async with Proxy(dsn) as proxy, Database.open(proxy.dsn) as database:

        async def cut_once(_command: WriteNoteCommand) -> None:
            if handler.runs == 1:
                for link in list(proxy.links):
                    link.drop()
                await database.execute("SELECT 1")

        bus, handler = note_bus(database, cut_once)
        async with asyncio.timeout(DEADLINE_S):
            assert (await bus.execute(write_note())).success
    assert handler.runs == 2
    assert await kept.counts() == (1, 1, 1)


async def test_commands_wait_their_turn_for_a_connection(dsn: str, kept: Kept) -> None:
    async with Database.open(dsn, max_connections=2) as database:
        bus, _ = note_bus(database)
        async with asyncio.timeout(DEADLINE_S):
            results = await asyncio.gather(*(bus.execute(write_note()) for _ in range(30)))
    assert all(result.success for result in results)
    assert await kept.counts() == (30, 30, 30)


async def test_time_runs_out_while_waiting_for_a_connection(dsn: str, kept: Kept) -> None:
    async with Database.open(dsn, max_connections=1) as database:
        entered, opened = asyncio.Event(), asyncio.Event()

        async def hold(_command: WriteNoteCommand) -> None:
            entered.set()
            await opened.wait()

        bus, handler = note_bus(database, hold)
        holder = asyncio.create_task(bus.execute(write_note()))
        async with asyncio.timeout(DEADLINE_S):
            await entered.wait()
            result = await bus.execute(write_note(), timeout=0.2)
            assert result.error is not None
            assert result.error.code == "timeout"
            opened.set()
            assert (await holder).success
            assert (await bus.execute(write_note())).success
    assert handler.runs == 2


async def test_works_again_after_a_restart_of_the_server(own_server: ServerFactory) -> None:
    server = own_server(fsync=True)
    async with Database.open(server.dsn()) as database:
        await database.migrate()
        await database.execute(TABLE)
        bus, _ = note_bus(database)
        first = await bus.execute(write_note(A))
        for mode in ("fast", "immediate"):
            server.restart(mode)
            async with asyncio.timeout(DEADLINE_S):
                result = await bus.execute(write_note(A))
            assert result.success, mode
        assert [event.version for event in (*first.events, *result.events)] == [1, 3]
        assert (await bus.execute(write_note())).success


async def test_says_that_storage_is_unavailable_when_there_is_no_server(own_server: ServerFactory) -> None:
    server = own_server(fsync=True)
    async with Database.open(server.dsn()) as database:
        await database.migrate()
        await database.execute(TABLE)
        bus, handler = note_bus(database)
        await bus.execute(write_note())
        server.stop()
        command = write_note()
        async with asyncio.timeout(DEADLINE_S):
            with pytest.raises(StorageUnavailableError) as raised:
                await bus.execute(command)
        assert not raised.value.outcome_unknown
        server.start()
        async with asyncio.timeout(DEADLINE_S):
            result = await bus.execute(command)
        assert (result.success, result.replayed, handler.runs) == (True, False, 2)


async def test_the_server_dies_under_a_handler(own_server: ServerFactory) -> None:
    server = own_server(fsync=True)
    async with Database.open(server.dsn()) as database:
        await database.migrate()
        await database.execute(TABLE)

        async def restart_once(_command: WriteNoteCommand) -> None:
            if handler.runs == 1:
                server.restart("immediate")
                await database.execute("SELECT 1")

        bus, handler = note_bus(database, restart_once)
        async with asyncio.timeout(DEADLINE_S):
            result = await bus.execute(write_note())
        assert (result.success, handler.runs) == (True, 2)
        connection = await asyncpg.connect(server.dsn())
        try:
            assert await Kept(connection).counts() == (1, 1, 1)
        finally:
            await connection.close()


async def test_opening_without_a_server_fails_in_bounded_time() -> None:
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(StorageUnavailableError, match="refuses the connection"):
            await Database.open("postgresql://postgres@127.0.0.1:1/nowhere").start()


async def test_a_database_that_is_not_migrated_says_what_to_do(empty_dsn: str) -> None:
    async with Database.open(empty_dsn) as database:
        bus, _ = note_bus(database)
        with pytest.raises(StorageUnavailableError, match="migrate"):
            await bus.execute(write_note())


async def test_waiters_for_one_aggregate_all_get_their_turn(database: Database, kept: Kept) -> None:
    bus, _ = note_bus(database)
    await bus.execute(write_note(A))
    async with asyncio.timeout(DEADLINE_S):
        async with kept.connection.transaction():
            await kept.connection.execute("SELECT FROM cqrs.aggregate FOR UPDATE")
            waiting = [asyncio.create_task(bus.execute(write_note(A, command_id=uuid4()))) for _ in range(3)]
            await until_waiting(kept.connection, "transactionid")
        results: list[Any] = await asyncio.gather(*waiting)
    assert sorted(result.events[0].version for result in results) == [2, 3, 4]
