"""The query bus over a real database: tokens, lost connections, time limits."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.commands.waiting import until
from tests.consistency.points import GetPoints, PointsApplication

from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.errors import QueryTimeoutError, QueryValidationError, TransactionScopeError
from clone_cqrs.events import ConsistencyToken
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus


@pytest.fixture
async def database(dsn: str, observer: asyncpg.Connection) -> AsyncIterator[Database]:
    async with Database.open(dsn) as opened:
        yield opened


@pytest.fixture
def points(database: Database) -> PointsApplication:
    return PointsApplication(database)


async def test_an_answer_that_must_contain_a_write_is_loaded_and_kept(points: PointsApplication) -> None:
    ada = uuid4()
    assert await points.get(ada) == 0
    token = (await points.give(ada)).token
    assert token is not None
    assert await points.get(ada) == 0, "no rule is registered here"
    assert await points.get(ada, at_least=token) == 1
    assert await points.get(ada, at_least=str(token), consistency="eventual") == 1
    assert await points.get(ada) == 1


async def test_asks_for_nothing_where_a_command_logged_nothing(points: PointsApplication) -> None:
    ada = uuid4()
    await points.get(ada)
    await points.get(ada, at_least=None)
    assert points.loads == 1


async def test_refuses_a_token_that_cannot_be_honoured_here_at_once(points: PointsApplication, database: Database) -> None:
    ada = uuid4()
    token = (await points.give(ada)).token
    assert token is not None
    here = await database.database_id()
    beyond = ConsistencyToken.of(here, ConsistencyToken.parse(token).position + 1)
    elsewhere = ConsistencyToken.of(uuid4(), 1)
    damaged = token[:-1] + ("A" if token[-1] != "A" else "B")
    for bad in (beyond, str(beyond), elsewhere, damaged, "", "v2." + token[3:]):
        result = await points.queries.execute(GetPoints({"user_id": ada}, ada), at_least=bad)
        assert isinstance(result.error, QueryValidationError)
    assert points.loads == 0


async def test_takes_a_token_of_another_process(points: PointsApplication, dsn: str) -> None:
    ada = uuid4()
    assert await points.get(ada) == 0
    async with Database.open(dsn) as elsewhere:
        token = (await PointsApplication(elsewhere).give(ada)).token
    assert token is not None
    assert await points.get(ada, at_least=str(token)) == 1


async def test_reads_again_when_the_server_ends_its_connection(
    points: PointsApplication, database: Database, observer: asyncpg.Connection
) -> None:
    bus = QueryBus(database)
    backends: list[int] = []

    @bus.handles(GetPoints, policy=anyone)
    async def get_points(query: GetPoints) -> int:
        async with database.connection() as connection:
            backends.append(await connection.fetchval("SELECT pg_backend_pid()"))
            if len(backends) == 1:
                await connection.fetchval("SELECT pg_terminate_backend(pg_backend_pid())")
            return len(backends)

    assert (await bus.execute(GetPoints({"user_id": uuid4()}, "u"))).unwrap() == 2
    assert len(set(backends)) == 2


async def slow(database: Database, query: GetPoints) -> int:
    await database.execute("SELECT pg_sleep(60)")
    return 1


async def test_a_timeout_stops_the_statement_on_the_server(database: Database, observer: asyncpg.Connection) -> None:
    bus = QueryBus(database)

    @bus.handles(GetPoints, policy=anyone)
    async def get_points(query: GetPoints) -> int:
        return await slow(database, query)

    result = await bus.execute(GetPoints({"user_id": uuid4()}, "u"), timeout=0.2)
    assert isinstance(result.error, QueryTimeoutError)

    async def stopped() -> bool:
        running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
        count: int = await observer.fetchval(running)
        return count == 0

    await until(stopped)


async def test_the_databases_own_time_limit_is_answered_as_a_timeout(dsn: str) -> None:
    async with Database.open(dsn, statement_timeout=0.2) as database:
        bus = QueryBus(database, enable_caching=True)

        @bus.handles(GetPoints, policy=anyone)
        async def get_points(query: GetPoints) -> int:
            return await slow(database, query)

        for _ in range(2):
            result = await bus.execute(GetPoints({"user_id": UUID(int=1)}, "u"))
            assert isinstance(result.error, QueryTimeoutError)
            assert not result.from_cache


async def test_a_task_that_outlives_its_transaction_cannot_ask(points: PointsApplication, database: Database) -> None:
    ada = uuid4()
    over = asyncio.Event()

    async def late() -> int:
        await over.wait()
        return await points.get(ada)

    async with database.transaction():
        task = asyncio.ensure_future(late())
        with pytest.raises(TransactionScopeError):
            await asyncio.ensure_future(points.get(ada))
    over.set()
    with pytest.raises(TransactionScopeError):
        await task
