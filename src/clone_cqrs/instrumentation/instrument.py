"""Switching telemetry on for one application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from clone_cqrs.bootstrap import Application
from clone_cqrs.events import EventSubscriber
from clone_cqrs.instrumentation.deliveries import WatchedDeliveries
from clone_cqrs.instrumentation.messages import WatchedMessages
from clone_cqrs.instrumentation.refreshes import WatchedRefreshes
from clone_cqrs.instrumentation.requests import RequestInHand, watched_request
from clone_cqrs.messages import DomainEvent

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from clone_cqrs.commands.durable import Step
    from clone_cqrs.instrumentation.metrics import Metrics
    from clone_cqrs.telemetry.tracing import TracerProvider, Tracing


class Instrumentation:
    """What `instrument` has switched on. tracing, metrics: None where that is off."""

    def __init__(self, application: Application, tracing: Tracing | None, metrics: Metrics | None) -> None:
        self.tracing = tracing
        self.metrics = metrics
        self._meters = None if metrics is None else metrics.meters
        self._watch_buses(application)
        refreshes = WatchedRefreshes(application.consistency, tracing, self._meters)
        application.consistency.use_around_refreshes(refreshes)
        upkeep = application.upkeep
        upkeep.use(WatchedDeliveries(upkeep.name, tracing, self._meters, delivered=refreshes.asked))
        for subscription in application.subscriptions:
            self.watch(subscription)

    def watch(self, subscription: EventSubscriber) -> None:
        """Watch a subscription that is not among the application's as well, before it starts."""
        subscription.use(WatchedDeliveries(subscription.name, self.tracing, self._meters))

    def request(self, scope: Mapping[str, Any]) -> AbstractContextManager[RequestInHand]:
        """Around a request that has found its route; scope: ASGI's. For faces: `clone_cqrs.http` calls it."""
        return watched_request(scope, self.tracing, self._meters)

    def _watch_buses(self, application: Application) -> None:
        commands = WatchedMessages("command", application.commands, self.tracing, self._meters)
        queries = WatchedMessages("query", application.queries, self.tracing, self._meters)
        application.commands.use(commands)
        application.queries.use(queries)
        application.commands.on_unread(commands.unread)
        application.queries.on_unread(queries.unread)
        if self.tracing is not None:
            application.commands.watch_steps(self._step)
        if self._meters is not None:
            application.database.on_commit(self._logged)

    def _step(self, step: Step) -> AbstractContextManager[object]:
        assert self.tracing is not None
        if step == "commit":
            return self.tracing.span("COMMIT", "client", {"db.system.name": "postgresql", "db.operation.name": "COMMIT"})
        return self.tracing.span(step)

    def _logged(self, events: Sequence[DomainEvent[Any]]) -> None:
        assert self._meters is not None
        for event in events:
            self._meters.events.labels(self._meters.name(event.event_type)).inc()


def instrument(
    application: Application,
    *,
    tracing: bool | None = None,
    metrics: bool | None = None,
    tracer_provider: TracerProvider | None = None,
    registry: CollectorRegistry | None = None,
) -> Instrumentation:
    """Have an application's log lines say what they belong to, and switch its spans and metrics on.

    Before it is opened, and before its first command or query. A second call answers what the first one made; so does
    `application.instrumentation`.
    tracing: None means where an OpenTelemetry SDK is set up by now, or a tracer_provider given, which comes before the global
    one; metrics: None means where prometheus-client is installed. registry: by default one of its own, which tells of the
    process, too.
    Raises: ModuleNotFoundError, with what to install, where True asks for what is not there; RuntimeError for an application
    that is in use already.
    """
    if application.instrumentation is None:
        application.instrumentation = Instrumentation(
            application, _tracing(tracing, tracer_provider), _metrics(metrics, application, registry)
        )
    return application.instrumentation


def _tracing(asked: bool | None, provider: TracerProvider | None) -> Tracing | None:
    if asked is False:
        return None
    try:
        from clone_cqrs.telemetry.tracing import Tracing, somebody_collects
    except ModuleNotFoundError as missing:
        _insist(missing, asked)
        return None
    return Tracing(provider) if asked or provider is not None or somebody_collects() else None


def _metrics(asked: bool | None, application: Application, registry: CollectorRegistry | None) -> Metrics | None:
    if asked is False:
        return None
    try:
        from clone_cqrs.instrumentation.metrics import Metrics
    except ModuleNotFoundError as missing:
        _insist(missing, asked)
        return None
    return Metrics(application, registry)


def _insist(missing: ModuleNotFoundError, asked: bool | None) -> None:
    """Raise, unless an extra is not there that nobody insists on."""
    if (missing.name or "").partition(".")[0] not in ("opentelemetry", "prometheus_client"):
        raise missing
    if asked:
        raise ModuleNotFoundError(
            f"{missing.name} is not installed: pip install 'clone-cqrs[telemetry]'", name=missing.name
        ) from missing
