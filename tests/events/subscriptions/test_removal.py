"""Removing a subscription: not while anybody works on it, and not with events that nobody has handled unless that is wanted.

Planted bugs, each seen to fail its test: leases, or workers that live, not looked at; dead letters not looked at; a beginning
that tells of itself only after it has looked.
"""

import asyncio

import pytest
from tests.commands.waiting import until, until_waiting
from tests.events.subscriptions.facts import Log, Seen
from tests.events.subscriptions.test_delivery import WAIT_S, subscriber

from clone_cqrs.errors import ConflictError, NotFoundError
from clone_cqrs.events import DeadLetters, remove_subscription, subscription_states
from clone_cqrs.events.retention import drop_old_partitions
from clone_cqrs.postgres import Database
from clone_cqrs.testing import until_quiet


async def test_what_is_removed_holds_nothing_back_and_can_begin_anew(database: Database, log: Log) -> None:
    seen = Seen()
    async with subscriber(database, seen, partitions=3) as running:
        await running.wait_until(await log.note("a"), WAIT_S)
    await log.note("b")
    await remove_subscription(database, "test")
    assert await subscription_states(database) == ()
    assert await database.fetch_value("SELECT count(*) FROM cqrs.subscription_worker") == 0
    await until_quiet(database)
    assert await drop_old_partitions(database, keep_positions=0, dry_run=True) == ()
    # Also with other settings: nobody has to agree with it any more.
    async with subscriber(database, seen, partitions=1) as running:
        await running.wait_until(2, WAIT_S)
    assert seen.positions == [1, 1, 2]


async def test_what_is_not_there_is_not_removed(database: Database) -> None:
    with pytest.raises(NotFoundError, match="no subscription 'test'"):
        await remove_subscription(database, "test")


async def test_is_refused_while_a_process_works_on_it(database: Database) -> None:
    async with subscriber(database, Seen()) as running:
        with pytest.raises(ConflictError, match=f"'test' is in use by {running.owner}"):
            await remove_subscription(database, "test", discard_dead_letters=True)
        # Between two leases, or with more processes than partitions.
        await until(lambda: _owned(database))
        await database.execute("UPDATE cqrs.subscription SET lease_until = NULL")
        with pytest.raises(ConflictError, match="in use"):
            await remove_subscription(database, "test")
    await remove_subscription(database, "test")


async def test_a_killed_process_counts_until_its_lease_is_over(database: Database) -> None:
    async with subscriber(database, Seen()):
        pass
    await database.execute("UPDATE cqrs.subscription SET owner = 'killed', lease_until = now() + interval '1 hour'")
    with pytest.raises(ConflictError, match="in use by killed"):
        await remove_subscription(database, "test")
    await database.execute("UPDATE cqrs.subscription SET lease_until = now() - interval '1 second'")
    await remove_subscription(database, "test")


async def test_names_the_events_that_nobody_has_handled_and_wants_to_be_told_to_give_them_up(
    database: Database, log: Log
) -> None:
    seen = Seen()
    seen.refused = set(range(1, 8))
    async with subscriber(database, seen):
        await log.note(*"abcdefg")
        await until(lambda: _dead(database, 7))
    with pytest.raises(
        ConflictError, match=r"fact\.noted at position 1 of fact a \(dead\); .*; and 2 more: .*discard_dead_letters"
    ):
        await remove_subscription(database, "test")
    assert len(await DeadLetters(database).list()) == 7
    await remove_subscription(database, "test", discard_dead_letters=True)
    assert await DeadLetters(database).list(retrying=True) == ()


async def test_who_begins_meanwhile_makes_it_anew(database: Database, log: Log) -> None:
    seen = Seen()
    async with subscriber(database, Seen(), start="end"):
        pass
    async with database.acquire() as removing, removing.transaction():
        await removing.execute("LOCK TABLE cqrs.subscription_worker IN SHARE ROW EXCLUSIVE MODE")
        running = subscriber(database, seen)
        starting = asyncio.create_task(running.start())
        async with database.acquire() as observer:
            await until_waiting(observer, "relation")
        await removing.execute("DELETE FROM cqrs.subscription")
    await starting
    await running.wait_until(await log.note("a"), WAIT_S)
    await running.stop()
    assert seen.positions == [1]


async def _owned(database: Database) -> bool:
    return bool(await database.fetch_value("SELECT count(*) FROM cqrs.subscription WHERE owner IS NOT NULL"))


async def _dead(database: Database, wanted: int) -> bool:
    return len(await DeadLetters(database).list()) == wanted
