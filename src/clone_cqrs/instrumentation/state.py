"""What is read when somebody asks for metrics: states that the toolkit keeps anyway, of this process and of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from clone_cqrs.bootstrap import Application
from clone_cqrs.events import subscription_states
from clone_cqrs.events.subscriptions.states import SubscriptionState
from clone_cqrs.telemetry import get_logger
from clone_cqrs.telemetry.meters import Names
from clone_cqrs.views.upkeep import ViewUpkeep, view_upkeep

_log = get_logger(__name__)
_READ_WITHIN_S: Final = 5.0
_CACHE_COUNTERS: Final = {
    "hits": "Answers from the cache.",
    "loads": "Handlers run to fill the cache.",
    "shared_loads": "Answers that joined another caller's load.",
    "invalidations": "Entries dropped by an event or by hand.",
    "expirations": "Entries found past their time to live.",
    "evictions": "Entries dropped for want of room.",
    "uncached": "Loads whose answer could not be kept.",
    "passed_over": "Entries too old for a caller's token.",
    "bypassed": "Answers loaded past a cache that had not heard from the log.",
}


class StateCollector(Collector):
    """Metrics of an application's state. `read` asks the database; `collect` tells what was read last, and the process's."""

    def __init__(self, application: Application, name: Names) -> None:
        self._application = application
        self._name = name
        self._subscriptions: tuple[SubscriptionState, ...] = ()
        self._views: tuple[ViewUpkeep, ...] = ()
        self._up = False
        self.asks_in: asyncio.AbstractEventLoop | None = None
        """The application's loop, where other threads collect: they have it read first."""

    async def read(self) -> None:
        """Read the states that are in the database. An outage is a metric as well, and no error."""
        database = self._application.database
        try:
            async with asyncio.timeout(_READ_WITHIN_S):
                self._subscriptions = await subscription_states(database)
                self._views = await view_upkeep(database)
            self._up = True
        except Exception as error:
            _log.warning("metrics_without_database", error=type(error).__name__)
            self._subscriptions, self._views, self._up = (), (), False

    def describe(self) -> Iterable[Metric]:
        return ()  # or else the registry would collect when this is registered

    def collect(self) -> Iterator[Metric]:
        if self.asks_in is None or _in_a_loop():
            yield from self._told()
        else:
            # All of it in the loop: what is told of the process changes there.
            yield from asyncio.run_coroutine_threadsafe(self._read_and_told(), self.asks_in).result(2 * _READ_WITHIN_S)

    async def _read_and_told(self) -> list[Metric]:
        await self.read()
        return list(self._told())

    def _told(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("cqrs_database_up", "Whether the database could be asked just now.", float(self._up))
        yield from self._of_cache()
        yield from self._of_pool()
        yield from self._of_subscriptions()
        yield from self._of_views()

    def _of_cache(self) -> Iterator[Metric]:
        statistics = self._application.queries.cache_statistics()
        for name, text in _CACHE_COUNTERS.items():
            yield CounterMetricFamily(f"cqrs_cache_{name}", text, getattr(statistics, name))
        yield GaugeMetricFamily("cqrs_cache_entries", "Entries held.", statistics.entries)
        yield GaugeMetricFamily("cqrs_cache_size_bytes", "What they take, roughly.", statistics.bytes)
        yield GaugeMetricFamily(
            "cqrs_cache_usable", "Whether the cache has heard from the log lately.", float(statistics.usable)
        )

    def _of_pool(self) -> Iterator[Metric]:
        use = self._application.database.pool_use()
        if use is None:
            return
        connections = GaugeMetricFamily("cqrs_pool_connections", "Connections open now.", labels=["state"])
        connections.add_metric(["in_use"], use.in_use)
        connections.add_metric(["idle"], use.idle)
        yield connections
        yield GaugeMetricFamily("cqrs_pool_limit_connections", "Connections at the most.", use.size)
        yield GaugeMetricFamily("cqrs_pool_waiting", "Who waits for a connection now.", use.waiting)

    def _of_subscriptions(self) -> Iterator[Metric]:
        lag_events = _gauge("cqrs_subscription_lag_events", "Positions from the checkpoint to the head of the log.")
        lag_s = _gauge("cqrs_subscription_lag_seconds", "Age of the first event that is not handled.")
        retrying = _gauge("cqrs_subscription_set_aside", "Aggregates whose event failed and will be tried again.")
        dead = _gauge("cqrs_subscription_dead_letters", "Aggregates held back by a dead letter.")
        idle = _gauge("cqrs_subscription_idle_partitions", "Partitions that nobody works on.")
        states: dict[str, list[SubscriptionState]] = {}
        for state in self._subscriptions:
            states.setdefault(self._name(state.name), []).append(state)
        for name, of_name in states.items():
            # The partition that is furthest behind: that is how far behind the subscription is.
            lag_events.add_metric([name], max(state.lag_events for state in of_name))
            lag_s.add_metric([name], max(state.lag_s for state in of_name))
            retrying.add_metric([name], sum(state.retrying for state in of_name))
            dead.add_metric([name], sum(state.dead for state in of_name))
            idle.add_metric([name], sum(state.owner is None for state in of_name))
        yield from (lag_events, lag_s, retrying, dead, idle)

    def _of_views(self) -> Iterator[Metric]:
        changes = GaugeMetricFamily("cqrs_view_changes_waiting", "Changes since the last refresh.", labels=["view"])
        refreshed = GaugeMetricFamily("cqrs_view_refresh_age_seconds", "Since the last refresh.", labels=["view"])
        swept = GaugeMetricFamily("cqrs_view_swept_changes", "Changes that the last sweep deleted.", labels=["view"])
        swept_at = GaugeMetricFamily("cqrs_view_sweep_age_seconds", "Since the last sweep.", labels=["view"])
        for view in self._views:
            label = [self._name(view.view)]
            changes.add_metric(label, view.changes)
            for family, value in ((refreshed, view.since_refresh), (swept, view.swept), (swept_at, view.since_sweep)):
                if value is not None:
                    family.add_metric(label, value)
        yield from (changes, refreshed, swept, swept_at)


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _gauge(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=["subscription"])
