"""What is wrong between an application and its database."""

from __future__ import annotations

from collections.abc import AsyncIterator

from clone_cqrs.bootstrap import Application
from clone_cqrs.consistency.check import check_rules
from clone_cqrs.inspection.declared import declared_events
from clone_cqrs.inspection.finding import Finding
from clone_cqrs.postgres.migrate import TOOLKIT, newest_revisions
from clone_cqrs.postgres.revisions import revisions_in
from clone_cqrs.postgres.statements import statement
from clone_cqrs.views import check_views

_STORED_SUBSCRIPTIONS = statement("clone_cqrs.inspection", "stored_subscriptions")


async def database_findings(application: Application) -> tuple[Finding, ...]:
    """Migrations that are missing, rules that have to exist, what is wrong with views, subscriptions and the log.

    The application's database has to be open. Reads only. What cannot be looked at before the migrations have run is left out.
    """
    findings = [finding async for finding in _of_migrations(application)]
    if findings:
        return tuple(findings)
    findings += [finding async for finding in _of_log(application)]
    findings += [finding async for finding in _of_rules(application)]
    findings += [
        Finding(f"view {each.view}", each.code, each.message, each.is_warning)
        for each in await check_views(application.database, application.views)
    ]
    findings += [finding async for finding in _of_subscriptions(application)]
    return tuple(findings)


async def _of_migrations(application: Application) -> AsyncIterator[Finding]:
    from alembic.util import CommandError

    for line in (TOOLKIT, *application.migrations):
        about = f"schema {line.schema}"
        try:
            newest = newest_revisions(line)
        except CommandError:
            continue  # the wiring tells
        found = await revisions_in(application.database, line)
        if not found:
            yield Finding(about, "not_migrated", "it is not in this database yet: run `clone-cqrs migrate`")
        elif not newest <= found:
            at, wanted = (", ".join(sorted(revisions)) for revisions in (found, newest))
            message = f"it is at revision {at}, the newest here is {wanted}: run `clone-cqrs migrate`"
            yield Finding(about, "not_migrated", f"{message}, or a program as new as the database")


async def _of_log(application: Application) -> AsyncIterator[Finding]:
    for row in await application.database.fetch("SELECT problem FROM cqrs.check_log()"):
        yield Finding("event log", "unsafe_log", row["problem"])


async def _of_rules(application: Application) -> AsyncIterator[Finding]:
    if not application.queries.follows_log:
        return  # no answers are kept, so that none can be stale
    report = await check_rules(application.database, application.queries, application.rules, tuple(declared_events().values()))
    for stale in report.stale:
        message = f"it changes {', '.join(stale.tables)}, and no rule drops the answers of {stale.query_type}"
        yield Finding(f"event {stale.event_type}", "stale_answer", message)
    for name in report.unnamed:
        yield Finding(f"query {name}", "no_rule", "no rule names it: its answers are kept for their whole time to live")
    for name in report.undeclared:
        yield Finding(f"query {name}", "reads_unsaid", "its handler does not say what it reads: set reads=(...)")
    for name in report.unknown:
        yield Finding(f"relation {name}", "unknown_relation", "a query handler says that it reads it, and it is not there")


async def _of_subscriptions(application: Application) -> AsyncIterator[Finding]:
    known = {each.name: each for each in (application.upkeep, *application.subscriptions)}
    for row in await application.database.fetch(_STORED_SUBSCRIPTIONS):
        subscription = known.get(row["name"])
        about = f"subscription {row['name']}"
        if subscription is None:
            message = "it is stored, and not of this application; if nobody uses it, `clone-cqrs subscriptions remove` it"
            yield Finding(about, "unknown_subscription", f"{message}: the log is kept for it", is_warning=True)
            continue
        settings = subscription.settings
        stored = (row["partitions"], bool(row["exactly_once"]))
        if stored != (settings.partitions, settings.exactly_once):
            message = (
                f"it is stored with partitions={stored[0]}, exactly_once={stored[1]}, and has {settings.partitions} and "
                f"{settings.exactly_once} here: it would not start; remove it, or give it another name"
            )
            yield Finding(about, "other_settings", message)
