"""Metrics say what happened, under labels of which there is a known number.

Planted bugs, each seen to fail its test: a refusal counted as ok; ids as labels; wire messages that cannot be read left out.
"""

import asyncio
import urllib.request
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from tests.commands.waiting import DEADLINE_S, until
from tests.telemetry.points_application import BADGES, give_points, view_points
from tests.telemetry.watched import watched

from clone_cqrs.bootstrap import Application
from clone_cqrs.instrumentation import instrument
from clone_cqrs.messages import DomainEvent
from clone_cqrs.telemetry.meters import OTHER, Meters, Names

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def values_in(text: bytes) -> Values:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


async def values_of(application: Application) -> Values:
    assert application.instrumentation is not None
    assert application.instrumentation.metrics is not None
    return values_in(await application.instrumentation.metrics.text())


def value(values: Values, name: str, **labels: str) -> float:
    return values.get((name, frozenset(labels.items())), 0.0)


async def test_commands_are_counted_by_what_came_of_them(points_dsn: str) -> None:
    async with watched(points_dsn, workers=False) as application:
        execute = application.commands.execute
        command = give_points(uuid4())
        for _ in range(2):
            await execute(command)
        await execute(type(command)(command.payload, "somebody else"))
        for unread in ('{"commandType": "made.up"}', "{", '{"commandType": "points.give", "userId": "ada", "payload": {}}'):
            assert not (await application.commands.execute_message(unread)).success
        told = await values_of(application)
    counts = {
        (dict(labels)["type"], dict(labels)["outcome"]): count
        for (name, labels), count in told.items()
        if name == "cqrs_commands_total"
    }
    assert counts == {
        ("points.give", "ok"): 1,
        ("points.give", "replayed"): 1,
        ("points.give", "forbidden"): 1,
        ("points.give", "validation_failed"): 1,
        ("(unknown)", "unknown_command"): 1,
        ("(unknown)", "malformed"): 1,
    }
    assert value(told, "cqrs_command_duration_seconds_count", type="points.give") == 3
    assert value(told, "cqrs_events_appended_total", type="points.given") == 1


async def test_a_fault_is_counted_as_well(points_dsn: str) -> None:
    async with watched(points_dsn, workers=False) as application:
        await application.database.execute("DROP TABLE points CASCADE")
        with pytest.raises(Exception, match="points"):
            await application.commands.execute(give_points(uuid4()))
        told = await values_of(application)
    assert value(told, "cqrs_commands_total", type="points.give", outcome="error") == 1


async def test_queries_are_timed_apart_where_the_cache_answered_and_the_cache_tells_what_it_did(points_dsn: str) -> None:
    user_id = uuid4()
    async with watched(points_dsn, workers=False) as application:
        for _ in range(3):
            (await application.queries.execute(view_points(user_id))).unwrap()
        statistics = application.queries.cache_statistics()
        told = await values_of(application)
    assert value(told, "cqrs_queries_total", type="points.view", outcome="ok") == 3
    assert value(told, "cqrs_query_duration_seconds_count", type="points.view", from_cache="no") == 1
    assert value(told, "cqrs_query_duration_seconds_count", type="points.view", from_cache="yes") == 2
    assert (statistics.hits, statistics.loads) == (2, 1)
    assert value(told, "cqrs_cache_hits_total") == 2
    assert value(told, "cqrs_cache_loads_total") == 1
    assert value(told, "cqrs_cache_entries") == 1
    assert value(told, "cqrs_cache_size_bytes") > 0


async def test_subscriptions_deliveries_and_dead_letters(points_dsn: str) -> None:
    async def fail(event: DomainEvent[Any]) -> None:
        if event.payload.points == 2:
            raise LookupError

    async with watched(points_dsn, hear=fail) as application:
        await application.commands.execute(give_points(uuid4()))
        await application.commands.execute(give_points(uuid4(), 2))

        async def dead() -> bool:
            return value(await values_of(application), "cqrs_subscription_dead_letters", subscription=BADGES) == 1

        await until(dead)
        await application.drain(DEADLINE_S)
        told = await values_of(application)
    delivered = {"subscription": BADGES, "type": "points.given"}
    assert value(told, "cqrs_deliveries_total", outcome="ok", **delivered) == 1
    assert value(told, "cqrs_deliveries_total", outcome="failed", **delivered) == 2
    assert value(told, "cqrs_delivery_duration_seconds_count", subscription=BADGES) == 3
    assert value(told, "cqrs_subscription_set_aside", subscription=BADGES) == 0
    assert value(told, "cqrs_subscription_lag_events", subscription="cqrs.views") == 0
    assert value(told, "cqrs_subscription_idle_partitions", subscription=BADGES) == 0
    assert value(told, "cqrs_view_refreshes_total", view="points_view", outcome="ok") >= 1
    assert value(told, "cqrs_view_refresh_duration_seconds_count", view="points_view") >= 1


async def test_lag_is_told_where_nobody_works(points_dsn: str) -> None:
    async with watched(points_dsn) as application:
        await application.drain(DEADLINE_S)
    async with watched(points_dsn, workers=False) as application:
        for _ in range(3):
            await application.commands.execute(give_points(uuid4()))
        told = await values_of(application)
    assert value(told, "cqrs_subscription_lag_events", subscription=BADGES) == 3
    assert value(told, "cqrs_subscription_lag_seconds", subscription=BADGES) > 0
    assert value(told, "cqrs_subscription_idle_partitions", subscription=BADGES) == 1


async def test_the_pool_and_the_database(points_dsn: str) -> None:
    async with watched(points_dsn, workers=False) as application:
        async with application.database.connection():
            told = await values_of(application)
        assert value(told, "cqrs_pool_connections", state="in_use") >= 1
        assert value(told, "cqrs_pool_limit_connections") == 10
        assert value(told, "cqrs_pool_waiting") == 0
        assert value(told, "cqrs_database_up") == 1
    assert value(await values_of(application), "cqrs_database_up") == 0


async def test_labels_are_names_and_outcomes_and_never_ids(points_dsn: str) -> None:
    users = [uuid4() for _ in range(5)]
    async with watched(points_dsn) as application:
        commands = [give_points(user_id) for user_id in users]
        results = [await application.commands.execute(command) for command in commands]
        for user_id in users:
            await application.queries.execute(view_points(user_id))
        await application.drain(DEADLINE_S)
        told = await values_of(application)
    ids = {str(each) for each in (*users, *(c.command_id for c in commands), *(r.events[0].event_id for r in results))}
    labels = {label for _name, pairs in told for label in pairs}
    assert {name for name, _ in labels} <= {"type", "outcome", "from_cache", "subscription", "view", "state", "le"}
    assert not {text for _, text in labels} & ids


def test_a_label_takes_so_many_values_and_no_more() -> None:
    name = Names(limit=2)
    assert [name(each) for each in ("a", "b", "c", "a", "d")] == ["a", "b", OTHER, "a", OTHER]


def units(registry: CollectorRegistry) -> Iterator[str]:
    for family in registry.collect():
        yield family.name


def test_what_is_timed_has_its_unit_in_its_name() -> None:
    registry = CollectorRegistry()
    Meters(registry)
    assert [name for name in units(registry) if "duration" in name and not name.endswith("_seconds")] == []


async def test_a_worker_serves_them_from_a_thread_of_its_own(points_dsn: str) -> None:
    async with watched(points_dsn, workers=False) as application:
        await application.commands.execute(give_points(uuid4()))
        metrics = instrument(application).metrics
        assert metrics is not None
        server = metrics.serve(0)
        try:
            url = f"http://127.0.0.1:{server.port}/metrics"
            with await asyncio.to_thread(urllib.request.urlopen, url) as answer:
                told = values_in(answer.read())
        finally:
            await server.close()
    assert value(told, "cqrs_commands_total", type="points.give", outcome="ok") == 1
    assert value(told, "cqrs_database_up") == 1
