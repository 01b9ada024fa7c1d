"""Caches that follow the log of a real server: other processes, lost connections, writers that overtake each other."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.commands.waiting import DEADLINE_S, until
from tests.conftest import ServerFactory
from tests.consistency.points import POINTS, GetPoints, PointsApplication, PointsGiven
from tests.servers.databases import migrate_toolkit

from clone_cqrs.consistency import ConsistencyRule
from clone_cqrs.errors import StorageUnavailableError
from clone_cqrs.events.append import append
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database
from clone_cqrs.queries.log_follower import LogFollower

BY_USER = ConsistencyRule("points.given", ("points.get",), scope="user_id")
TTL_S = 3_600  # longer than any deadline, so that no entry goes by itself
WRITER = Path(__file__).with_name("writer_process.py")


@pytest.fixture
async def points(dsn: str, observer: asyncpg.Connection) -> AsyncIterator[PointsApplication]:
    async with Database.open(dsn) as database:
        application = PointsApplication(database, cache_ttl=TTL_S)
        application.consistency.register_rule(BY_USER)
        yield application
        await application.consistency.close()


async def from_cache(points: PointsApplication, user_id: UUID) -> bool:
    before = points.loads
    await points.get(user_id)
    return points.loads == before


async def filled(points: PointsApplication, user_id: UUID) -> None:
    """Until answers about a user come from the cache."""

    async def hit() -> bool:
        return await from_cache(points, user_id)

    await until(hit)


async def test_the_first_question_is_kept_already(points: PointsApplication) -> None:
    ada = uuid4()
    assert await points.get(ada) == 0
    assert await from_cache(points, ada)


async def test_another_process_write_is_served_once_it_is_heard_of(points: PointsApplication, dsn: str) -> None:
    ada, bob = uuid4(), uuid4()
    await filled(points, ada)
    await filled(points, bob)
    writer = await asyncio.create_subprocess_exec(
        sys.executable,
        str(WRITER),
        dsn,
        str(ada),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert writer.stdin is not None
    assert writer.stdout is not None
    try:
        for expected in (1, 2, 3):
            writer.stdin.write(b"give\n")
            async with asyncio.timeout(DEADLINE_S):
                token = (await writer.stdout.readline()).decode().strip()

            async def new(expected: int = expected) -> bool:
                return await points.get(ada) == expected

            # Half of them by the token, whose load would hide an entry that nobody dropped.
            if expected % 2:
                await until(new)
            assert await points.get(ada, at_least=token) == expected
            await until(new)
        await points.settled()
        await filled(points, ada)
        assert await from_cache(points, bob)
    finally:
        writer.stdin.close()
        await writer.wait()


async def test_an_older_position_that_commits_after_a_newer_one_is_not_lost(points: PointsApplication, dsn: str) -> None:
    ada, bob = uuid4(), uuid4()
    await filled(points, ada)
    slow = await asyncpg.connect(dsn)
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute("INSERT INTO points VALUES ($1, 7)", ada)
    await append_given(slow, ada)
    await points.give(bob)  # a newer position, committed first, in this process
    assert await points.get(bob) == 1
    await filled(points, bob)
    await filled(points, ada)
    assert await points.get(ada) == 0
    await transaction.commit()

    async def new() -> bool:
        return await points.get(ada) == 7

    await until(new)
    await slow.close()


async def append_given(connection: asyncpg.Connection, user_id: UUID) -> None:
    """What a command of another process does with its event, in the transaction at hand."""
    payload = {"user_id": user_id, "points": 7}
    await append(connection, [PointsGiven(aggregate_id=user_id, payload=payload)])


async def test_a_killed_connection_costs_nothing_but_a_new_one(points: PointsApplication, observer: asyncpg.Connection) -> None:
    ada = uuid4()
    for expected in (1, 2):
        await filled(points, ada)
        await observer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        async with Database.open(points.database.dsn) as elsewhere:
            await PointsApplication(elsewhere).give(ada)

        async def new(expected: int = expected) -> bool:
            return await points.get(ada) == expected

        await until(new)
    await points.settled()
    await filled(points, ada)


async def test_a_stopped_server_ends_the_use_of_the_cache(own_server: ServerFactory, caplog: pytest.LogCaptureFixture) -> None:
    server = own_server()
    dsn = server.dsn("postgres")
    await prepared(dsn)
    async with Database.open(dsn) as database:
        points = PointsApplication(database, max_staleness=0.5, cache_ttl=TTL_S)
        points.consistency.register_rule(BY_USER)
        ada = uuid4()
        await filled(points, ada)
        await asyncio.to_thread(server.stop)

        async def unused() -> bool:
            return not points.queries.cache_statistics().usable

        await until(unused)
        statistics = points.queries.cache_statistics()
        with pytest.raises(StorageUnavailableError):
            await points.get(ada)
        assert points.queries.cache_statistics().bypassed == statistics.bypassed + 1
        assert "cache_not_used" in caplog.text, "and it says so"
        explanation = await points.queries.explain(GetPoints({"user_id": ada}, ada))
        assert str(explanation) == "load: the cache has not heard from the log within 0.5 s"
        await asyncio.to_thread(server.start)
        await filled(points, ada)
        await points.consistency.close()


async def test_nothing_of_the_follower_outlives_the_database(dsn: str, observer: asyncpg.Connection) -> None:
    database = Database.open(dsn)
    points = PointsApplication(database, cache_ttl=TTL_S)
    points.consistency.register_rule(BY_USER)
    ada = uuid4()
    for expected in (0, 1):
        async with database:
            tasks = asyncio.all_tasks()
            assert await points.get(ada) == expected
            await filled(points, ada)
            assert asyncio.all_tasks() > tasks
        assert asyncio.all_tasks() <= tasks
        assert points.queries.cache_statistics().entries == 0
        await observer.execute("INSERT INTO points VALUES ($1, 1) ON CONFLICT DO NOTHING", ada)
    await points.consistency.close()

    async def gone() -> bool:
        sessions: int = await observer.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return sessions == 0

    await until(gone)


async def test_a_slow_writer_does_not_keep_answers_old(own_server: ServerFactory) -> None:
    server = own_server()  # the transaction that stays open would hold back others on the shared one
    await prepared(server.dsn())
    async with Database.open(server.dsn()) as database, Database.open(server.dsn()) as elsewhere:
        reader, writer = PointsApplication(database, max_staleness=1.0, cache_ttl=TTL_S), PointsApplication(elsewhere)
        reader.consistency.register_rule(BY_USER)
        ada = uuid4()
        await filled(reader, ada)
        slow = await asyncpg.connect(server.dsn())
        async with slow.transaction():
            await append_given(slow, uuid4())
            for expected in (1, 2, 3):
                position = reader.queries.cache_statistics().position
                await writer.give(ada)

                async def new(expected: int = expected) -> bool:
                    return await reader.get(ada) == expected

                await until(new)
                await filled(reader, ada)
                assert reader.queries.cache_statistics().position == position, "held back by the open transaction"
        await slow.close()
        await reader.settled()
        await reader.consistency.close()
        await writer.consistency.close()


async def test_an_event_that_cannot_be_read_drops_the_whole_types(
    points: PointsApplication, observer: asyncpg.Connection
) -> None:
    ada = uuid4()
    await filled(points, ada)
    await observer.execute("INSERT INTO points VALUES ($1, 5)", ada)
    unreadable: DomainEvent[dict[str, str]] = DomainEvent(
        event_type="points.other", aggregate_type="user", aggregate_id="x", payload={"userId": "nobody"}
    )
    await append(observer, [unreadable.with_facts(event_type="points.given")])

    async def new() -> bool:
        return await points.get(ada) == 5

    await until(new)


async def test_a_log_that_went_back_empties_the_cache(points: PointsApplication, observer: asyncpg.Connection) -> None:
    ada = uuid4()
    await filled(points, ada)
    for _ in range(3):
        await points.give(uuid4())
    await points.settled()
    await filled(points, ada)
    before = points.queries.cache_statistics().position
    follower = LogFollower.of(points.database)
    assert before is not None
    # As after a restore: what this process has followed to is beyond the end of the log.
    follower._advance(before + 1_000)
    await observer.execute("INSERT INTO points VALUES ($1, 5)", ada)
    await observer.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    async def new() -> bool:
        return await points.get(ada) == 5

    await until(new)
    assert points.queries.cache_statistics().position == before


async def prepared(dsn: str) -> None:
    await migrate_toolkit(dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute(POINTS)
    await connection.close()
