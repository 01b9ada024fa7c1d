"""Application: the one place that wires everything, and the one value that the faces take."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Self

from clone_cqrs.commands import CommandBus
from clone_cqrs.consistency import ConsistencyRule, EventualConsistencyHandler
from clone_cqrs.events import EventSubscriber
from clone_cqrs.postgres import Database, Migrations
from clone_cqrs.queries import QueryBus
from clone_cqrs.views import MaterializedView, refresh_view


class Application:
    """Buses, views, rules and migrations over one database.

    `async with application:` opens the database, brings it to the newest migration where `migrate_at_start` says so, and keeps
    views and caches up with events and its subscriptions at work; with `workers=False` it executes and answers only, and leaves
    that to others. commands, queries: buses over `database`, handlers registered; views: in the order in which they are
    refreshed; subscriptions: with their handlers.
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
        self.consistency = EventualConsistencyHandler(queries, views=self.views, refresh=workers)
        for rule in rules:
            self.consistency.register_rule(rule)
        self._migrate_at_start = migrate_at_start
        self._opened = AsyncExitStack()

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
                for subscription in self.subscriptions:
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
        """Wait until what events asked for so far has been done: every refresh that is pending or running."""
        await self.consistency.drain(timeout)
