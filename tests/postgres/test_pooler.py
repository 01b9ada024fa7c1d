"""Everything behind a PgBouncer that pools transactions, with the server's own DSN beside it for LISTEN and workers.

Planted bugs, each seen to fail its test: prepared statements kept; LISTEN through the pooler.
"""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest
from tests.commands.notes import TABLE, note_bus, write_note
from tests.commands.waiting import until
from tests.events.subscriptions.facts import Log, Seen
from tests.planted_secret import PLANTED
from tests.servers.pgbouncer import PROGRAM, PrivatePooler
from tests.servers.postgresql import PrivateServer

from clone_cqrs.domain import CreateUserCommand, GetUserProfileQuery, open_clone
from clone_cqrs.domain.users.passwords import CHEAPEST
from clone_cqrs.errors import StorageUnavailableError
from clone_cqrs.events import EventSubscriber
from clone_cqrs.postgres import Database

WAIT_S = 20.0


@pytest.fixture
def pooler(server: PrivateServer) -> Iterator[PrivatePooler]:
    assert PROGRAM.exists(), "PgBouncer is not installed: apt-get install pgbouncer"
    with PrivatePooler(server) as running:
        yield running


def through(pooler: PrivatePooler, dsn: str, **settings: object) -> Database:
    return Database.open(pooler.dsn(dsn.rpartition("/")[2]), direct_dsn=dsn, **settings)


async def test_the_clone_works_as_without_one(pooler: PrivatePooler, clone_dsn: str) -> None:
    name = clone_dsn.rpartition("/")[2]
    async with open_clone(pooler.dsn(name), direct_dsn=clone_dsn, password_cost=CHEAPEST) as clone:

        async def create_and_read(number: int) -> None:
            command = CreateUserCommand(
                user_id="system",
                payload={
                    "email": f"user{number}@example.com",
                    "name": "Ada",
                    "password": PLANTED,
                    "subscription_tier": "free",
                },
            )
            created = await clone.commands.execute(command)
            again = await clone.commands.execute(command)
            assert again.replayed
            assert again.unwrap() == created.unwrap()
            user_id = created.unwrap().user_id
            query = GetUserProfileQuery(user_id=user_id, payload={"user_id": user_id})
            for _ in range(2):
                answer = await clone.queries.execute(query, at_least=created.token)
                assert answer.unwrap().email == f"user{number}@example.com"

        await asyncio.gather(*(create_and_read(number) for number in range(30)))
        await clone.drain(WAIT_S)
        await clone.refresh_views()
        assert await clone.database.fetch_value("SELECT count(*) FROM user_profile_view") == 30


@pytest.mark.parametrize("exactly_once", [False, True], ids=["at least once", "exactly once"])
async def test_a_subscription_catches_up_and_hears_at_once(pooler: PrivatePooler, dsn: str, exactly_once: bool) -> None:
    seen = Seen()
    async with through(pooler, dsn) as database, through(pooler, dsn) as elsewhere:
        await database.execute("CREATE TABLE effect (position bigint PRIMARY KEY)")
        last = await Log(elsewhere).note(*"abcabc")
        subscriber = EventSubscriber(database, "test", start="beginning", poll=3600, exactly_once=exactly_once)

        async def store(event: object) -> None:
            if exactly_once:
                await database.execute("INSERT INTO effect VALUES ($1)", getattr(event, "position", None))
            await seen(event)  # type: ignore[arg-type]

        subscriber.on("*", store)
        async with subscriber:
            await subscriber.wait_until(last, WAIT_S)
            await until(lambda: _listens(database))
            last = await Log(elsewhere).note(*"abc")
            await until(lambda: _true(last in seen.positions))
    assert seen.positions == list(range(1, last + 1))


async def test_a_transaction_has_its_limits(pooler: PrivatePooler, dsn: str) -> None:
    async with through(pooler, dsn, statement_timeout=7.0, idle_in_transaction_timeout=9.0) as database:
        settings = "SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"
        async with database.transaction():
            assert tuple(await database.fetch_one(settings) or ()) == ("7s", "9s")
        await database.execute(TABLE)
        found: list[tuple[str, ...]] = []

        async def look(_command: object) -> None:
            found.append(tuple(await database.fetch_one(settings) or ()))

        bus, handler = note_bus(database)
        handler.then = look
        assert (await bus.execute(write_note())).success
        assert found == [("7s", "9s")]


async def test_limits_end_with_their_transaction(pooler: PrivatePooler, dsn: str) -> None:
    async with through(pooler, dsn, statement_timeout=7.0) as database:
        async with database.transaction():
            pass
        for _ in range(6):
            assert await database.fetch_value("SELECT current_setting('statement_timeout')") == "0"


async def test_a_pooler_without_the_servers_own_dsn_is_refused_with_advice(pooler: PrivatePooler, dsn: str) -> None:
    with pytest.raises(StorageUnavailableError, match="direct_dsn="):
        async with Database.open(pooler.dsn(dsn.rpartition("/")[2])):
            pass


async def test_the_environment_names_both(pooler: PrivatePooler, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", pooler.dsn(dsn.rpartition("/")[2]))
    monkeypatch.setenv("DATABASE_DIRECT_URL", dsn)
    async with Database.open() as database:
        assert database.dsn == dsn
        assert await database.fetch_value("SELECT $1::text", str(uuid4()))


async def _listens(database: Database) -> bool:
    found = await database.fetch(
        "SELECT FROM pg_stat_activity WHERE query ILIKE '%listen%cqrs_event%' AND pid <> pg_backend_pid()"
    )
    return bool(found)


async def _true(value: bool) -> bool:
    return value
