"""How processes hear of a commit: after it, many at once, and by polling where nobody tells them.

Planted bugs, each seen to fail its test: a notification for each commit; notifications that take a connection of the pool.
"""

import asyncio

import asyncpg
from tests.commands.notes import note_bus, write_note
from tests.commands.waiting import until
from tests.events.subscriptions.facts import NOTED, Seen, noted

from clone_cqrs.events import EventSubscriber
from clone_cqrs.events.append import append, append_committed
from clone_cqrs.events.wakeups import CHANNEL, Wakeups
from clone_cqrs.postgres import Database

WAIT_S = 20.0


async def test_a_burst_of_commits_shares_its_notifications(dsn: str, database: Database) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(dsn)
    await listener.add_listener(CHANNEL, lambda _connection, _pid, channel, _payload: heard.append(channel))
    bus, _handler = note_bus(database)
    results = await asyncio.gather(*(bus.execute(write_note()) for _ in range(200)))
    assert all(result.success for result in results)
    await until(lambda: _true(bool(heard)))
    await asyncio.sleep(0.1)
    await listener.close()
    assert 1 <= len(heard) < 100


async def test_nothing_is_notified_inside_the_transaction(dsn: str, database: Database) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(dsn)
    await listener.add_listener(CHANNEL, lambda _connection, _pid, channel, _payload: heard.append(channel))
    writer = await asyncpg.connect(dsn)
    async with writer.transaction():
        await append(writer, (noted(),))
    await writer.close()
    # What was notified before this arrives before it.
    await listener.add_listener("later", lambda *_: heard.append("later"))
    await database.execute("NOTIFY later")
    await until(lambda: _true(bool(heard)))
    await listener.close()
    assert heard == ["later"]


async def test_a_commit_that_nobody_tells_of_is_found_by_polling(dsn: str, database: Database) -> None:
    seen = Seen()
    running = EventSubscriber(database, "test", start="beginning", poll=0.1)
    running.on(NOTED, seen)
    async with running:
        writer = await asyncpg.connect(dsn)
        async with writer.transaction():
            await append(writer, (noted(),))
        await writer.close()
        await running.wait_until(1, WAIT_S)
    assert seen.positions == [1]


async def test_another_process_hears_of_a_commit_without_polling(dsn: str, database: Database) -> None:
    seen = Seen()
    running = EventSubscriber(database, "test", start="beginning", poll=3600)
    running.on(NOTED, seen)
    async with running, Database.open(dsn) as elsewhere:
        await until(lambda: _listens(database))
        await append_committed(elsewhere, (noted(),))
        await until(lambda: _true(seen.positions == [1]))


async def test_other_processes_hear_of_a_commit_while_the_pool_is_exhausted(dsn: str, database: Database) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(dsn)
    await listener.add_listener(CHANNEL, lambda _connection, _pid, channel, _payload: heard.append(channel))
    async with Database.open(dsn, max_connections=1) as busy:
        await append_committed(busy, (noted(),))
        async with busy.connection():
            await until(lambda: _true(bool(heard)))
    await listener.close()


async def test_a_lost_listener_comes_back_and_looks_at_what_it_missed(dsn: str, database: Database) -> None:
    seen = Seen()
    running = EventSubscriber(database, "test", start="beginning", poll=3600, lease=3600)
    running.on(NOTED, seen)
    async with running, Database.open(dsn) as elsewhere:
        await until(lambda: _listens(database))
        await database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE '%listen%cqrs_event%' "
            "AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        await append_committed(elsewhere, (noted(),))
        await until(lambda: _true(seen.positions == [1]))


async def test_who_stops_listening_while_another_starts_does_not_stop_him(database: Database) -> None:
    wakeups = Wakeups.of(database)
    await wakeups.start()
    stopping = asyncio.create_task(wakeups.stop())
    await asyncio.sleep(0)
    await wakeups.start()
    await stopping
    await until(lambda: _listens(database))
    await wakeups.stop()


async def _listens(database: Database) -> bool:
    listening: int = await database.fetch_value(
        "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE '%listen%cqrs_event%' AND datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )
    return listening > 0


async def _true(condition: bool) -> bool:
    return condition
