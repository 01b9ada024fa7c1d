"""What is wired wrongly in an application, as far as that can be told without its database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from clone_cqrs.bootstrap import UPKEEP, Application
from clone_cqrs.consistency import ConsistencyRule
from clone_cqrs.inspection.declared import declared_commands, declared_events, declared_queries
from clone_cqrs.inspection.finding import Finding, did_you_mean
from clone_cqrs.postgres.migrate import TOOLKIT, newest_revisions


def wiring_findings(application: Application) -> tuple[Finding, ...]:
    """Handlers that are missing, rules and subscriptions that name what is not there, views and migrations told twice."""
    return (
        *_of_buses(application),
        *(finding for rule in application.rules for finding in _of_rule(rule, application)),
        *_of_subscriptions(application),
        *_twice("view", (view.name for view in application.views)),
        *_of_migrations(application),
    )


def _of_buses(application: Application) -> Iterator[Finding]:
    buses = (
        ("command", application.commands, declared_commands()),
        ("query", application.queries, declared_queries()),
    )
    for kind, bus, declared in buses:
        if bus.database is not application.database:
            message = f"the {kind} bus is over another Database than the application: give both the same"
            yield Finding(f"{kind} bus", "other_database", message)
        for type_name in sorted(declared.keys() - {each.type_name for each in bus.registrations}):
            message = f"{declared[type_name].__name__} has no handler: register one, if it is to be answered here"
            yield Finding(type_name, "no_handler", message, is_warning=True)


def _of_rule(rule: ConsistencyRule, application: Application) -> Iterator[Finding]:
    about = f"rule for {rule.event_type}"
    events = declared_events()
    queries = [each.type_name for each in application.queries.registrations]
    views = [view.name for view in application.views]
    event = events.get(rule.event_type)
    if event is None:
        message = f"no event of this type is declared{did_you_mean(rule.event_type, events)}"
        yield Finding(about, "unknown_event", message, is_warning=True)
    elif rule.scope is not None and event.payload_type is not None and rule.scope not in event.payload_type.model_fields:
        fields = ", ".join(event.payload_type.model_fields)
        message = f"its scope {rule.scope!r} is no field of the event, which has {fields}: every answer of its types is dropped"
        yield Finding(about, "unknown_scope", message)
    for name in rule.affected_query_types:
        if name not in queries:
            yield Finding(about, "unknown_query", f"nobody answers the query {name!r}{did_you_mean(name, queries)}")
    for name in rule.affected_views:
        if name not in views:
            message = f"{name!r} is not among the application's views{did_you_mean(name, views)}"
            yield Finding(about, "unknown_view", message)


def _of_subscriptions(application: Application) -> Iterator[Finding]:
    subscriptions = application.subscriptions
    yield from _twice("subscription", (UPKEEP, *(each.name for each in subscriptions if each.name is not None)))
    events = declared_events()
    for subscription in subscriptions:
        about = f"subscription {subscription.name or 'without a name'}"
        types = subscription.event_types
        if types == ():
            yield Finding(about, "no_handler", "it handles no event: call on() before the application starts")
        for name in types or ():
            if name not in events:
                message = f"it waits for {name!r}, which no event class declares{did_you_mean(name, events)}"
                yield Finding(about, "unknown_event", message, is_warning=True)


def _of_migrations(application: Application) -> Iterator[Finding]:
    from alembic.util import CommandError

    lines = (TOOLKIT, *application.migrations)
    yield from _twice("migrations in", (f"{line.schema}.{line.version_table}" for line in lines))
    for line in lines:
        about = f"migrations of {line.schema}"
        try:
            heads = newest_revisions(line)
        except CommandError as wrong:
            yield Finding(about, "unreadable_migrations", f"{line.directory}: {wrong}")
            continue
        if len(heads) != 1:
            found = f"there are several newest ones, {', '.join(sorted(heads))}: merge them" if heads else "there are none"
            yield Finding(about, "unreadable_migrations", f"{line.directory}: {found}")


def _twice(what: str, names: Iterable[str]) -> Iterator[Finding]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Finding(f"{what} {name}", "named_twice", f"{count} of them have this name: each needs its own")
