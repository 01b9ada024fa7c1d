"""Rules, the cache and the views together, over a real database."""

from uuid import uuid4

import asyncpg
import pytest
from tests.commands.waiting import until, until_waiting
from tests.consistency.points import GetPoints, GivePoints, OfUser, PointsApplication, ViewPoints

from clone_cqrs.consistency import ConsistencyRule, EventualConsistencyHandler
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.messages import Command, CommandResult
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus
from clone_cqrs.views import MaterializedView, create_fresh_view
from clone_cqrs.views import refreshes as refreshes_module

DEADLINE_S = 30

BY_USER = ConsistencyRule("points.given", ("points.get",), scope="user_id")
OF_VIEW = ConsistencyRule("points.given", ("points.view",), ("points_view",), scope="user_id", refresh_delay=0.01)

FRESH_POINTS = MaterializedView(
    name="points_view", key="user_id", definition="SELECT user_id, points FROM points", changes={"points": "user_id"}
)
# A hundred rows, of which one is going to change, and a refresh that would cost more than a few reads.
MUCH_TOO_DEAR_TO_REFRESH = (
    "INSERT INTO points SELECT gen_random_uuid(), 1 FROM generate_series(1, 100)",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY points_view",
    "ANALYZE points_view",
    "UPDATE cqrs.view_stamp SET filled_at = now() - interval '1 day'",
    "SELECT cqrs.sweep_changes('public.points_view')",
    "UPDATE cqrs.view SET refresh_seconds = 0.04, refreshed_at = now() - interval '1 day'",
)


async def test_the_writer_reads_its_own_commit_as_soon_as_execute_returns(points: PointsApplication) -> None:
    points.consistency.register_rule(BY_USER)
    ada, bob = uuid4(), uuid4()
    for expected in (1, 2, 3):
        assert await points.get(ada) == expected - 1
        assert await points.get(bob) == 0
        await points.give(ada)
        assert await points.get(ada) == expected
        await points.settled()
        loads = points.loads
        assert (await points.get(bob), points.loads) == (0, loads), "another user's answers are left alone"


async def test_an_event_that_comes_by_a_subscription_as_well_works_once(points: PointsApplication) -> None:
    points.consistency.register_rule(BY_USER)
    ada = uuid4()
    await points.get(ada)
    (event,) = (await points.give(ada)).events
    await points.settled()
    loads = points.loads
    await points.get(ada)
    await points.consistency.handle_event(event)
    await points.get(ada)
    assert points.loads == loads + 1


async def test_a_handler_on_a_bus_without_a_database_follows_its_own(database: Database) -> None:
    points = PointsApplication(database)
    queries = QueryBus(enable_caching=True)
    consistency = EventualConsistencyHandler(queries, database=database)
    consistency.register_rule(BY_USER)
    loads = 0

    @queries.handles(GetPoints, policy=anyone)
    async def get_points(query: GetPoints) -> int:
        nonlocal loads
        loads += 1
        return loads

    ada = uuid4()
    for _ in range(2):
        await queries.execute(GetPoints({"user_id": ada}, ada))
    await points.give(ada)
    await queries.execute(GetPoints({"user_id": ada}, ada))
    assert loads == 2
    await consistency.close()


async def test_a_storm_of_events_refreshes_a_view_once(points: PointsApplication, observer: asyncpg.Connection) -> None:
    points.consistency.register_rule(ConsistencyRule("points.given", affected_views=("points_view",), refresh_delay=0.5))
    ada = uuid4()
    refreshed = points.consistency.view_states
    for _ in range(20):
        await points.give(ada)
    while_pending = refreshed()["points_view"]
    await points.consistency.drain(DEADLINE_S)
    assert await observer.fetchval("SELECT points FROM points_view WHERE user_id = $1", ada) == 20
    assert refreshed()["points_view"].refreshes <= 1 + while_pending.refreshes
    assert not refreshed()["points_view"].pending


async def test_an_answer_from_before_the_refresh_does_not_outlive_it(points: PointsApplication) -> None:
    points.consistency.register_rule(OF_VIEW)
    ada, bob = uuid4(), uuid4()
    await points.give(ada)
    assert await points.view(bob) == 0
    stale = await points.view(ada)  # from the view as it is: before or after its refresh
    assert stale in (0, 1)
    await points.consistency.drain(DEADLINE_S)
    assert await points.view(ada) == 1
    before = points.loads
    assert await points.view(bob) == 0
    assert points.loads == before, "another user's answers are left alone"


async def test_an_answer_from_before_somebody_else_s_refresh_does_not_outlive_it(
    points: PointsApplication, observer: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clone_cqrs.views.fresh.worth.LOOK_AGAIN_S", 0.05)
    await create_fresh_view(observer, FRESH_POINTS, replace=True)
    for statement in MUCH_TOO_DEAR_TO_REFRESH:
        await observer.execute(statement)
    points.consistency.register_rule(OF_VIEW)
    ada = uuid4()
    assert await points.view(ada) == 0
    await points.give(ada)
    await points.settled()

    async def looked_at() -> bool:
        state = points.consistency.view_states().get("points_view")
        return state is not None and (state.waits_for or "").startswith("reads of changed rows")

    async def seen() -> bool:
        return await points.view(ada) == 1

    await until(looked_at)
    assert await points.view(ada) == 0
    await observer.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY points_view")
    await until(seen)
    assert points.consistency.view_states()["points_view"].refreshes == 0


async def test_refreshes_of_two_processes_take_turns(points: PointsApplication, observer: asyncpg.Connection, dsn: str) -> None:
    async with Database.open(dsn) as elsewhere:
        others = PointsApplication(elsewhere)
        both = [points, others]
        events = [(await each.give(uuid4())).events[0] for each in both]
        blocker = await asyncpg.connect(dsn)
        transaction = blocker.transaction()
        await transaction.start()
        await blocker.execute("LOCK TABLE points IN ACCESS EXCLUSIVE MODE")
        for each, event in zip(both, events, strict=True):
            each.consistency.register_rule(OF_VIEW)
            await each.consistency.handle_event(event)
        # One is in its refresh, stopped by the test; the other waits for it to end, and not for the table.
        await until_waiting(observer, "relation")
        await until_waiting(observer, "advisory")
        await transaction.commit()
        await points.consistency.drain(DEADLINE_S)
        await others.consistency.drain(DEADLINE_S)
        assert await observer.fetchval("SELECT count(*) FROM points_view") == 2
        await others.consistency.close()
        await blocker.close()


async def test_a_refresh_that_fails_is_tried_again_until_it_works(
    points: PointsApplication, observer: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshes_module, "_FIRST_RETRY_S", 0.001)
    points.consistency.register_rule(ConsistencyRule("points.given", ("points.view",), ("later_view",)))
    ada = uuid4()
    await points.give(ada)

    async def failed() -> bool:
        return points.consistency.view_states()["later_view"].failures >= 2

    await until(failed)
    state = points.consistency.view_states()["later_view"]
    assert state.last_error == "LookupError"
    with pytest.raises(TimeoutError, match="later_view"):
        await points.consistency.drain(0.001)
    await observer.execute(
        "CREATE MATERIALIZED VIEW later_view AS SELECT * FROM points WITH NO DATA; CREATE UNIQUE INDEX ON later_view (user_id)"
    )
    await points.consistency.drain(DEADLINE_S)
    assert await observer.fetchval("SELECT count(*) FROM later_view") == 1
    state = points.consistency.view_states()["later_view"]
    assert (state.refreshes, state.failures) == (1, 0)


async def test_an_event_that_comes_again_after_a_failed_drain_is_refreshed_for_again(points: PointsApplication) -> None:
    points.consistency.register_rule(ConsistencyRule("points.given", (), ("points_view",), refresh_delay=0.2))
    (event,) = (await points.give(uuid4())).events
    with pytest.raises(TimeoutError):
        await points.consistency.drain(0.001)
    for _ in range(2):
        await points.consistency.drain(DEADLINE_S)
        # The subscription that drained has not moved its checkpoint.
        await points.consistency.handle_event(event)
    await points.consistency.drain(DEADLINE_S)
    assert points.consistency.view_states()["points_view"].refreshes == 2


async def test_a_refused_command_drops_and_refreshes_nothing(points: PointsApplication) -> None:
    points.consistency.register_rule(BY_USER)
    points.consistency.register_rule(OF_VIEW)
    ada = uuid4()
    await points.get(ada)
    result = await points.commands.execute(GivePoints({"user_id": ada, "points": -1}, ada))
    assert not result.success
    await points.get(ada)
    assert points.loads == 1
    assert points.consistency.view_states() == {}


async def test_close_ends_the_refreshes_and_answers_are_dropped_as_before(points: PointsApplication) -> None:
    points.consistency.register_rule(BY_USER)
    points.consistency.register_rule(OF_VIEW)
    await points.consistency.close()
    ada = uuid4()
    await points.get(ada)
    await points.give(ada)
    assert await points.get(ada) == 1
    await points.consistency.drain(DEADLINE_S)
    assert await points.view(ada) == 0


class PeekThenGive(Command[OfUser, tuple[int, int]], type="points.peek"): ...


async def test_a_query_inside_a_command_reads_in_its_transaction_past_the_cache(points: PointsApplication) -> None:
    ada = uuid4()
    assert await points.get(ada) == 0

    @points.commands.handles(PeekThenGive, policy=anyone)
    async def peek(command: PeekThenGive) -> CommandResult[tuple[int, int]]:
        before = await points.get(ada)
        await points.database.execute("INSERT INTO points VALUES ($1, 7)", ada)
        inside = await points.queries.execute_many([GetPoints({"user_id": ada}, ada), ViewPoints({"user_id": ada}, ada)])
        assert [answer.unwrap() for answer in inside] == [7, 0]
        assert not any(answer.from_cache for answer in inside)
        return CommandResult(True, (before, 7))

    assert (await points.commands.execute(PeekThenGive({"user_id": ada}, ada))).unwrap() == (0, 7)
    # No rule was registered, so the answer of before is still there: the query inside did not fill.
    assert await points.get(ada) == 0
    assert points.queries.cache_statistics().entries == 1
