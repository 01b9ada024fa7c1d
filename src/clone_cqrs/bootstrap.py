"""Application: the one place that wires everything, and the one value that the faces take."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final, Self

from clone_cqrs.commands import CommandBus
from clone_cqrs.consistency import ConsistencyRule, EventualConsistencyHandler
from clone_cqrs.events import EventSubscriber
from clone_cqrs.events.reading import log_head
from clone_cqrs.postgres import Database, Migrations
from clone_cqrs.queries import QueryBus
from clone_cqrs.views import MaterializedView, ViewFinding, log_view_findings, refresh_view

if TYPE_CHECKING:
    from clone_cqrs.instrumentation import Instrumentation

UPKEEP: Final = "cqrs.views"
"""The subscription that keeps the views up: one of its processes at a time does it for all."""


class Application:
    """Buses, views, rules and migrations over one database.

    `async with application:` opens the database, brings it to the newest migration where `migrate_at_start` says so, and keeps
    views and caches up with events and its subscriptions at work; with `workers=False` it executes and answers only, and leaves
    that to others. commands, queries: buses over `database`, handlers registered; views: in the order in which they are
    refreshed; subscriptions: with their handlers. Attributes: upkeep, the subscription that keeps the views up; view_findings,
    what was wrong with the views when it started.
    """

    def __init__(
        self,
        *,
        database: Database,
        commands: CommandBus,
        queries: QueryBus,
        views: Sequence[MaterializedView] = (),
        rules: Sequence[ConsistencyRule] = (),
        subscriptions: Sequence[EventSubscriber] = (),
        migrations: Sequence[Migrations] = (),
        workers: bool = True,
        migrate_at_start: bool = False,
    ) -> None:
        self.database = database
        self.commands = commands
        self.queries = queries
        self.views = tuple(views)
        self.subscriptions = tuple(subscriptions)
        self.migrations = tuple(migrations)
        self.workers = workers
        # Answers go when this process commits; views follow through a subscription, so that no crash comes between.
        self.consistency = EventualConsistencyHandler(queries, views=self.views, refresh=workers, refresh_on_commit=False)
        for rule in rules:
            self.consistency.register_rule(rule)
        self.upkeep = EventSubscriber(database, UPKEEP, before_checkpoint=self.consistency.drain)
        for event_type in {rule.event_type for rule in rules if rule.affected_views}:
            self.upkeep.on(event_type, self.consistency.handle_event)
        self._migrate_at_start = migrate_at_start
        self._opened = AsyncExitStack()
        self.instrumentation: Instrumentation | None = None
        """What `instrument(application)` has switched on."""
        self.view_findings: tuple[ViewFinding, ...] = ()

    @property
    def rules(self) -> tuple[ConsistencyRule, ...]:
        """The rules in force."""
        return tuple(self.consistency.rules)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            await opening.enter_async_context(self.database)
            if self._migrate_at_start:
                await self.migrate()
            opening.push_async_callback(self.consistency.close)
            if self.workers:
                # Told, not raised: commands, and the queries that read other views, are none the worse for it.
                self.view_findings = await log_view_findings(self.database, self.views)
                await self.consistency.look_at_views()
                for subscription in (self.upkeep, *self.subscriptions):
                    await opening.enter_async_context(subscription)
            self._opened = opening.pop_all()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._opened.aclose()

    async def migrate(self) -> None:
        """Bring the toolkit's schema and the application's own to their newest revision."""
        await self.database.migrate(*self.migrations)

    async def refresh_views(self) -> None:
        """Refresh every view now, one after another, each in its own transaction."""
        for view in self.views:
            await refresh_view(self.database, view.name)

    async def drain(self, timeout: float | None = None) -> None:
        """Wait until the views have followed every event that is logged now, in whichever process keeps them up.

        Raises: StaleReadError after `timeout` seconds.
        """
        await self.upkeep.wait_until(await log_head(self.database), timeout)
