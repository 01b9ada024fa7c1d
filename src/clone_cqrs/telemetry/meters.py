"""What is counted and timed as it happens. Needs the extra `telemetry`: nothing imports this before metrics are asked for."""

from __future__ import annotations

from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram

_MESSAGE_BUCKETS_S: Final = (
    *(0.00001, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005),
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
_REFRESH_BUCKETS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
OTHER: Final = "(other)"


class Names:
    """The values of one label: the first `limit` different ones, and OTHER for all that come later."""

    def __init__(self, limit: int = 500) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def __call__(self, name: str) -> str:
        if name not in self._known:
            if len(self._known) >= self._limit:
                return OTHER
            self._known.add(name)
        return name


class Meters:
    """The metrics of one application that are counted where things happen; docs/telemetry.md has all of them.

    Labels are names that a program gives (types, subscriptions, views) and outcomes: never an id, and of each no more than
    `Names` lets through.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.name = Names()
        self.commands = Counter(
            "cqrs_commands", "Commands by outcome: ok, replayed, or the error's code.", ["type", "outcome"], registry=registry
        )
        self.command_duration = Histogram(
            "cqrs_command_duration_seconds",
            "A command, with its COMMIT.",
            ["type"],
            buckets=_MESSAGE_BUCKETS_S,
            registry=registry,
        )
        self.queries = Counter(
            "cqrs_queries", "Queries by outcome: ok, or the error's code.", ["type", "outcome"], registry=registry
        )
        self.query_duration = Histogram(
            "cqrs_query_duration_seconds",
            "A query, from the cache or not.",
            ["type", "from_cache"],
            buckets=_MESSAGE_BUCKETS_S,
            registry=registry,
        )
        self.requests = Counter(
            "cqrs_http_requests", "Requests by the status of their answer.", ["method", "route", "status"], registry=registry
        )
        self.request_duration = Histogram(
            "cqrs_http_request_duration_seconds",
            "A request; a stream of events lasts as long as its reader stays.",
            ["method", "route"],
            buckets=_MESSAGE_BUCKETS_S,
            registry=registry,
        )
        self.events = Counter("cqrs_events_appended", "Events that this process logged.", ["type"], registry=registry)
        self.deliveries = Counter(
            "cqrs_deliveries",
            "Events handed to a subscription's handlers in this process: ok or failed.",
            ["subscription", "type", "outcome"],
            registry=registry,
        )
        self.delivery_duration = Histogram(
            "cqrs_delivery_duration_seconds",
            "One event's handlers.",
            ["subscription"],
            buckets=_MESSAGE_BUCKETS_S,
            registry=registry,
        )
        self.refreshes = Counter(
            "cqrs_view_refreshes",
            "Refreshes that this process considered: ok, skipped or failed.",
            ["view", "outcome"],
            registry=registry,
        )
        self.refresh_duration = Histogram(
            "cqrs_view_refresh_duration_seconds",
            "A refresh that was carried out.",
            ["view"],
            buckets=_REFRESH_BUCKETS_S,
            registry=registry,
        )
        self._series: dict[tuple[object, ...], Any] = {}

    def command(self, type_name: str, outcome: str, seconds: float | None) -> None:
        """Count a command; time it, too, where it was executed."""
        self._of(self.commands, self.name(type_name), outcome).inc()
        if seconds is not None:
            self._of(self.command_duration, self.name(type_name)).observe(seconds)

    def query(self, type_name: str, outcome: str, seconds: float | None, *, from_cache: bool) -> None:
        """Likewise a query."""
        self._of(self.queries, self.name(type_name), outcome).inc()
        if seconds is not None:
            self._of(self.query_duration, self.name(type_name), "yes" if from_cache else "no").observe(seconds)

    def _of(self, metric: Any, *labels: str) -> Any:
        """The series of these labels: `metric.labels(...)`, found sooner."""
        key = (metric, *labels)
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = metric.labels(*labels)
        return found
