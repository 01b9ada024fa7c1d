"""Many writers that roll back, prepare, wait and are killed, on a server of their own: nobody misses an event.

The control of this harness: a reader with a plain cursor, which misses events here (`test_a_plain_cursor_...`). Planted bugs,
each seen to fail the test of the load: a settled reader that does not wait for the holders of the log's lock (the test of
prepared transactions fails, too); a checkpoint one beyond the last row.
"""

import asyncio
import random

import asyncpg
import pytest
from tests.commands.notes import TABLE
from tests.commands.waiting import DEADLINE_S
from tests.conftest import ServerFactory
from tests.events.load.facts import Sightings, logged, versions_agree_with_positions
from tests.events.load.writers import APPEND, LOST, command, resolve_orphans, terminate, write
from tests.servers.databases import migrate_toolkit

from clone_cqrs.events import EventSubscriber, RetryPolicy
from clone_cqrs.events.settled import SettledReader
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database

LOAD_S = 8.0
_STORE = "INSERT INTO effect (position, aggregate_id, version) VALUES ($1, $2, $3)"
WRITERS = 10


@pytest.fixture
async def dsn(own_server: ServerFactory) -> str:
    """A database of a server that nobody else uses."""
    server = own_server(max_prepared_transactions=200)
    await migrate_toolkit(server.dsn())
    connection = await asyncpg.connect(server.dsn())
    await connection.execute(TABLE)
    await connection.execute("CREATE TABLE effect (nth serial, position bigint, aggregate_id text, version bigint)")
    await connection.execute("CREATE DATABASE elsewhere")
    await connection.close()
    return server.dsn()


async def test_no_reader_misses_turns_around_or_repeats_under_a_hostile_load(dsn: str) -> None:
    chance = random.Random(7)
    enough, ended = asyncio.Event(), asyncio.Event()
    raw, at_least_once = Sightings(), Sightings()
    async with Database.open(dsn, max_connections=20) as database:

        async def store(event: DomainEvent[object]) -> None:
            await database.execute(_STORE, event.position, event.aggregate_id, event.version)

        async def follow() -> None:
            reader = SettledReader(database, 0)
            while True:
                try:
                    rows = await reader.read(200)
                except LOST:
                    # A terminated connection: the checkpoint is kept, the round is not.
                    reader = SettledReader(database, reader.checkpoint)
                    await asyncio.sleep(0.01)
                    continue
                for row in rows:
                    raw.add(row["position"], row["aggregate_id"], row["version"])
                if not rows:
                    if ended.is_set() and not reader.waits_for_writers:
                        return
                    await asyncio.sleep(0.002)

        patient = RetryPolicy(attempts=1000, first_delay=0.01, longest_delay=0.1)
        shared = EventSubscriber(database, "shared", partitions=2, start="beginning", retries=patient, poll=0.05)
        shared.on("*", at_least_once)
        once = EventSubscriber(database, "once", exactly_once=True, start="beginning", retries=patient, poll=0.05)
        once.on("*", store)
        # Held open from before the first event to after the last: nobody may wait for these two.
        elsewhere = await asyncpg.connect(dsn.rpartition("/")[0] + "/elsewhere")
        await elsewhere.execute("BEGIN; CREATE TABLE held (); SELECT txid_current()")
        bystander = await asyncpg.connect(dsn, server_settings={"application_name": "killer"})
        await bystander.execute("BEGIN; CREATE TABLE held (); SELECT txid_current()")
        following = asyncio.create_task(follow())
        async with shared, once:
            load = [
                *(asyncio.create_task(write(dsn, random.Random(number), enough)) for number in range(WRITERS)),
                *(asyncio.create_task(command(database, random.Random(number), enough)) for number in range(3)),
            ]
            trouble = [
                asyncio.create_task(terminate(dsn, chance, enough)),
                asyncio.create_task(resolve_orphans(dsn, random.Random(8), enough)),
            ]
            await asyncio.sleep(LOAD_S)
            enough.set()
            writes = sum(await asyncio.gather(*load))
            terminated, _orphans = await asyncio.gather(*trouble)
            await resolve_orphans(dsn, chance, None)
            ended.set()
            positions = await logged(database)
            for subscription in (shared, once):
                await subscription.wait_until(positions[-1], DEADLINE_S)
            async with asyncio.timeout(DEADLINE_S):
                await following
        assert writes > 200
        assert terminated > 10
        assert positions[-1] > len(positions), "there were no gaps: the load tested nothing"
        assert await versions_agree_with_positions(database)
        effects = await database.fetch("SELECT position, aggregate_id, version FROM effect ORDER BY nth")
        exactly_once = Sightings([(row["position"], row["aggregate_id"], row["version"]) for row in effects])
        for sightings in (raw, at_least_once, exactly_once):
            assert sightings.missed(positions) == set()
            assert sightings.invented(positions) == set()
        for sightings in (raw, exactly_once):
            assert sightings.repeated() == {}
        for sightings in (raw, at_least_once, exactly_once):
            assert sightings.inversions() == []
        # They were open all the time, and are still.
        for connection in (elsewhere, bystander):
            await connection.execute("ROLLBACK")
            await connection.close()


async def test_a_plain_cursor_on_the_position_misses_an_event_and_a_settled_reader_does_not(dsn: str) -> None:
    slow, quick = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    plain, settled = Sightings(), Sightings()
    async with Database.open(dsn) as database:
        reader, cursor = SettledReader(database, 0), 0

        async def look() -> None:
            nonlocal cursor
            for row in await database.fetch("SELECT * FROM cqrs.event WHERE position > $1 ORDER BY position", cursor):
                cursor = row["position"]
                plain.add(row["position"], row["aggregate_id"], row["version"])
            while True:
                rows = await reader.read(100)
                for row in rows:
                    settled.add(row["position"], row["aggregate_id"], row["version"])
                if not rows:
                    return

        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(APPEND, ["slow"])
        await quick.execute(APPEND, ["quick"])
        await look()
        await transaction.commit()
        await look()
        await look()
        positions = await logged(database)
        assert plain.missed(positions) == {1}
        assert settled.missed(positions) == set()
        assert settled.inversions() == []
    await slow.close()
    await quick.close()


async def test_a_prepared_transaction_is_waited_for_through_the_crash_of_a_backend(own_server: ServerFactory) -> None:
    # The crash of one backend makes all of them start anew, but is no new run of the server: its start time stays.
    server = own_server(fsync=True)
    await migrate_toolkit(server.dsn())
    writer = await asyncpg.connect(server.dsn())
    async with Database.open(server.dsn()) as database:
        run = await database.fetch_value("SELECT pg_postmaster_start_time()")
        await writer.execute("BEGIN")
        await writer.execute("SAVEPOINT one")
        await writer.execute(APPEND, ["prepared"])
        await writer.execute("PREPARE TRANSACTION 'crash'")
        await writer.execute(APPEND, ["quick"])
        reader = SettledReader(database, 0)
        # Waits for the transaction by the name that it has once it is prepared.
        for _ in range(3):
            assert await reader.read(10) == []
        assert reader.waits_for_writers
        pid: int = await writer.fetchval("SELECT pg_backend_pid()")
        import os
        import signal

        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    writer = await asyncpg.connect(server.dsn())
                    if await writer.fetchval("SELECT count(*) FROM pg_prepared_xacts") == 1:
                        break
                except (asyncpg.PostgresError, OSError):
                    await asyncio.sleep(0.05)
        for _ in range(5):
            try:
                assert await reader.read(10) == []
            except LOST:
                continue
        assert await database.fetch_value("SELECT pg_postmaster_start_time()") == run
        await writer.execute("COMMIT PREPARED 'crash'")
        found: list[int] = []
        async with asyncio.timeout(DEADLINE_S):
            while len(found) < 2:
                found += [row["position"] for row in await reader.read(10)]
        assert found == [1, 2]
    await writer.close()
