"""What a subscription hands out, and in which order.

Planted bugs, each seen to fail its test: a checkpoint that is not stored; a start at the beginning instead of the end; later
events of a held back aggregate not held back; handlers' writes outside of the checkpoint's transaction.
"""

import asyncio

import asyncpg
import pytest
from tests.events.subscriptions.facts import NOTED, Log, Seen

from clone_cqrs.errors import QueryValidationError, StaleReadError
from clone_cqrs.events import ConsistencyToken, EventSubscriber, RetryPolicy
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database

QUICK = RetryPolicy(attempts=3, first_delay=0.01, longest_delay=0.02)
WAIT_S = 20.0


def subscriber(database: Database, handler: Seen, name: str | None = "test", **settings: object) -> EventSubscriber:
    made = EventSubscriber(database, name, **{"start": "beginning", "retries": QUICK, "poll": 0.1} | settings)  # type: ignore[arg-type]
    made.on(NOTED, handler)
    return made


@pytest.mark.parametrize("exactly_once", [False, True])
async def test_hands_out_every_event_once_in_order_of_position(database: Database, log: Log, exactly_once: bool) -> None:
    seen = Seen()
    await log.note("a", "b", "a")
    async with subscriber(database, seen, exactly_once=exactly_once) as running:
        last = await log.note("c", "a")
        await running.wait_until(last, WAIT_S)
    assert seen.positions == [1, 2, 3, 4, 5]


async def test_goes_on_where_it_stopped(database: Database, log: Log) -> None:
    first, second = Seen(), Seen()
    async with subscriber(database, first) as running:
        await running.wait_until(await log.note("a", "b"), WAIT_S)
    last = await log.note("c")
    async with subscriber(database, second) as running:
        await running.wait_until(last, WAIT_S)
    assert (first.positions, second.positions) == ([1, 2], [3])


async def test_a_new_subscription_begins_at_the_end_unless_told_otherwise(database: Database, log: Log) -> None:
    from_end, from_two = Seen(), Seen()
    await log.note("a", "b", "c")
    async with subscriber(database, from_end, "end", start="end") as one, subscriber(database, from_two, "two", start=2) as two:
        last = await log.note("d")
        await one.wait_until(last, WAIT_S)
        await two.wait_until(last, WAIT_S)
    assert (from_end.positions, from_two.positions) == ([4], [3, 4])


async def test_an_event_that_commits_after_the_start_is_delivered_though_its_position_is_lower(
    database: Database, log: Log, dsn: str
) -> None:
    seen = Seen()
    await log.note("a")
    slow = await asyncpg.connect(dsn)
    try:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(_APPEND)
        starting = asyncio.ensure_future(subscriber(database, seen, start="beginning").__aenter__())
        running = await starting
        last = await log.note("c")
        with pytest.raises(StaleReadError, match="checkpoint is at 1"):
            await running.wait_until(last, 0.3)
        await transaction.commit()
        await running.wait_until(last, WAIT_S)
        await running.stop()
    finally:
        await slow.close()
    assert seen.positions == [1, 2, 3]


async def test_types_that_nobody_asked_for_are_passed_over(database: Database, log: Log) -> None:
    seen, everything = Seen(), Seen()
    running = subscriber(database, seen)
    other = EventSubscriber(database, "all", start="beginning")
    other.on("*", everything)
    async with running, other:
        await log.note("a")
        last = await log.note("b", event_type="fact.other")
        await running.wait_until(last, WAIT_S)
        await other.wait_until(last, WAIT_S)
    assert (seen.positions, everything.positions) == ([1], [1, 2])


async def test_the_same_registration_twice_is_one(database: Database, log: Log) -> None:
    seen = Seen()
    running = subscriber(database, seen)
    running.on(NOTED, seen)
    async with running:
        await running.wait_until(await log.note("a"), WAIT_S)
    assert seen.positions == [1]


async def test_an_event_has_the_class_and_payload_of_its_type(database: Database, log: Log) -> None:
    seen = Seen()
    async with subscriber(database, seen) as running:
        await running.wait_until(await log.note("a", amount=3), WAIT_S)
    (event,) = seen.events
    assert isinstance(event, DomainEvent)
    assert (event.payload["amount"], event.version, event.position, event.aggregate_type) == (3, 1, 1, "fact")
    assert event.timestamp.tzinfo is not None


async def test_exactly_once_commits_effect_and_checkpoint_together(database: Database, log: Log) -> None:
    await database.execute("CREATE TABLE effect (position bigint PRIMARY KEY)")
    failing = True

    async def write(event: DomainEvent[object]) -> None:
        await database.execute("INSERT INTO effect VALUES ($1)", event.position)
        if failing and event.position == 2:
            raise RuntimeError("after the effect")

    running = EventSubscriber(database, "once", exactly_once=True, start="beginning", retries=QUICK)
    running.on(NOTED, write)
    last = await log.note("a", "b", "c")
    async with running:
        with pytest.raises(StaleReadError, match="position 2"):
            await running.wait_until(last, 0.5)
        assert [row["position"] for row in await database.fetch("SELECT position FROM effect ORDER BY 1")] == [1, 3]


async def test_no_checkpoint_is_stored_before_what_the_handler_began_is_done(database: Database, log: Log) -> None:
    begun, done = asyncio.Event(), asyncio.Event()

    async def finished() -> None:
        begun.set()
        await done.wait()

    seen = Seen()
    async with subscriber(database, seen, before_checkpoint=finished) as running:
        last = await log.note("a", "b")
        await begun.wait()
        assert seen.positions
        assert await database.fetch_value("SELECT checkpoint FROM cqrs.subscription") == 0
        done.set()
        await running.wait_until(last, WAIT_S)


async def test_the_follower_of_a_process_stores_nothing(database: Database, log: Log) -> None:
    seen = Seen()
    await log.note("a")
    async with subscriber(database, seen, None, start="end") as running:
        await running.wait_until(await log.note("b"), WAIT_S)
    assert seen.positions == [2]
    assert await database.fetch_value("SELECT count(*) FROM cqrs.subscription") == 0


async def test_other_settings_under_a_known_name_are_refused(database: Database) -> None:
    async with subscriber(database, Seen(), partitions=2):
        pass
    with pytest.raises(ValueError, match="exists with partitions=2"):
        await subscriber(database, Seen(), partitions=3).start()
    with pytest.raises(ValueError, match="exactly_once=False"):
        await subscriber(database, Seen(), partitions=2, exactly_once=True).start()


@pytest.mark.parametrize(
    "settings",
    [
        {"partitions": 0},
        {"start": "now"},
        {"start": -1},
        {"lease": 0},
        {"batch_size": 0},
        {"name": " "},
        {"exactly_once": True, "name": None},
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        EventSubscriber(Database("postgres://nowhere"), **({"name": "test"} | settings))  # type: ignore[arg-type]


async def test_waiting_refuses_a_token_of_another_database(database: Database, log: Log) -> None:
    from uuid import uuid4

    running = subscriber(database, Seen())
    with pytest.raises(QueryValidationError, match="another database"):
        await running.wait_until(ConsistencyToken.of(uuid4(), 1), 1)
    with pytest.raises(QueryValidationError, match="damaged"):
        await running.wait_until("v1.nonsense", 1)


async def test_a_log_that_cannot_be_read_safely_is_not_read(database: Database) -> None:
    from clone_cqrs.errors import StorageUnavailableError

    await database.execute("ALTER SEQUENCE cqrs.event_position_seq CACHE 10")
    with pytest.raises(StorageUnavailableError, match="cache"):
        await subscriber(database, Seen()).start()


_APPEND = """
SELECT * FROM cqrs.append_events(NULL, NULL, NULL, NULL, NULL, NULL, ARRAY[gen_random_uuid()], ARRAY['fact.noted'],
    ARRAY['fact'], ARRAY['slow'], ARRAY[NULL::bigint], ARRAY[now()], ARRAY['{}'::jsonb], ARRAY['{}'::jsonb])
"""
