"""EventualConsistencyHandler: carries rules out, on the cache at once and on the views soon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Self, TypeAlias

from clone_cqrs.consistency.handled_events import HandledEvents
from clone_cqrs.consistency.rule import ConsistencyRule
from clone_cqrs.consistency.stale_answers import StaleAnswers
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus
from clone_cqrs.views import MaterializedView, Outcome, Refreshes, ViewState, keep_up, view_load

RefreshMiddleware: TypeAlias = Callable[[str, Callable[[], Awaitable[object]]], Awaitable[object]]


class EventualConsistencyHandler:
    """Applies rules to events: those that this process commits, before their command's `execute` returns; those of any process,
    which a bus with a database follows by itself (answers alone; views are left to the process that commits, or to a
    subscription); and those that a subscriber hands to `handle_event`. An event that comes several ways works once: an answer
    that holds it stays. Answers are dropped again when a view that the event affects has been refreshed, by whomever: those
    loaded in between came from the view as it was.

    database: where the views are; by default the query bus's; without one, views are named but not refreshed. views: their
    declarations, where there are any. refresh: False leaves the refreshes to another process; refresh_on_commit: False asks for
    them only in `handle_event`, because a subscription hands it every event, and survives a crash before the refresh.
    `close`, or `async with`, ends them.
    """

    def __init__(
        self,
        query_bus: QueryBus,
        *,
        database: Database | None = None,
        views: Sequence[MaterializedView] = (),
        refresh: bool = True,
        refresh_on_commit: bool = True,
    ) -> None:
        self._query_bus = query_bus
        self._database = database if database is not None else query_bus.database
        self.views = {view.name: view for view in views}
        self._rules: list[ConsistencyRule] = []
        self._rules_of_event: dict[str, list[ConsistencyRule]] = {}
        self._handled = HandledEvents()
        self._dropped = HandledEvents()
        self._refreshes = None if self._database is None or not refresh else Refreshes(partial(self._refresh, self._database))
        self._refresh_on_commit = refresh_on_commit
        self._around_refresh: RefreshMiddleware = _directly
        self._stale_until_refresh: dict[str, StaleAnswers] = {}
        # Positions of another database's log say nothing about this cache.
        self._same_log = query_bus.follows_log and self._database is query_bus.database
        query_bus.on_events(self._committed)
        if self._database is not None and self._database is not query_bus.database:
            self._database.on_commit(self._committed)

    @property
    def rules(self) -> tuple[ConsistencyRule, ...]:
        """All rules, in the order of registration."""
        return tuple(self._rules)

    def register_rule(self, rule: ConsistencyRule) -> None:
        """Apply a rule from now on. The same rule twice is one; several rules may name one event."""
        if rule in self._rules:
            return
        self._rules.append(rule)
        self._rules_of_event.setdefault(rule.event_type, []).append(rule)
        self._query_bus.on_logged(rule.event_type, self._logged)
        if rule.scope is not None:
            for query_type in rule.affected_query_types:
                self._query_bus.index_scope(query_type, rule.scope)

    def use_around_refreshes(self, middleware: RefreshMiddleware) -> None:
        """Put `async def middleware(view, refresh)` around each refresh, in place of one that was given before."""
        self._around_refresh = middleware

    async def handle_event(self, event: DomainEvent[Any]) -> None:
        """Drop the answers that an event makes untrue, and ask for its views to be refreshed. Does not wait for that."""
        self._apply(event)

    async def drain(self, timeout: float | None = None) -> None:
        """Wait until no refresh is pending or running. Raises: TimeoutError after `timeout` seconds."""
        if self._refreshes is None:
            return
        try:
            await self._refreshes.drain(timeout)
        except BaseException:
            # A subscription will hand over the same events again, and nobody has seen their refreshes end.
            self._handled = HandledEvents()
            raise

    async def look_at_views(self) -> None:
        """Ask for what views with a fresh reading need now: what changed before this process began has no event to come.

        Views that are not there yet are none of its business.
        """
        if self._database is None or self._refreshes is None:
            return
        for view in self.views.values():
            try:
                load = await view_load(self._database, view.name) if view.changes else None
            except LookupError:
                continue
            if load is not None and (load.changes > 0 or load.unswept):
                self._refreshes.ask(view.name, 0.0)

    def view_states(self) -> dict[str, ViewState]:
        """What became of the refreshes, by view, as rules name it."""
        return {} if self._refreshes is None else self._refreshes.states()

    async def close(self) -> None:
        """End the refreshes: those pending are dropped, those running cancelled. Answers are dropped as before."""
        if self._refreshes is not None:
            await self._refreshes.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    def _committed(self, events: Sequence[DomainEvent[Any]]) -> None:
        for event in events:
            if self._refresh_on_commit:
                self._apply(event)
            else:
                self._drop(event, self._rules_of_event.get(event.event_type, ()))

    def _drop(self, event: DomainEvent[Any], rules: Sequence[ConsistencyRule]) -> StaleAnswers:
        stale = StaleAnswers()
        for rule in rules:
            stale.add(rule, event)
        if self._same_log and event.position is not None:
            stale.drop(self._query_bus, below=event.position)
        elif rules and self._dropped.first_time(event.event_id):
            stale.drop(self._query_bus)
        return stale

    def _logged(self, event: DomainEvent[Any]) -> None:
        stale = StaleAnswers()
        for rule in self._rules_of_event.get(event.event_type, ()):
            stale.add(rule, event)
        stale.drop(self._query_bus, below=event.position)

    def _apply(self, event: DomainEvent[Any]) -> None:
        rules = self._rules_of_event.get(event.event_type)
        if rules is None or not self._handled.first_time(event.event_id):
            return
        stale = self._drop(event, rules)
        if self._refreshes is None:
            return
        for rule in rules:
            for view in rule.affected_views:
                self._stale_until_refresh.setdefault(view, StaleAnswers()).update(stale)
                self._refreshes.ask(view, rule.refresh_delay)

    async def _refresh(self, database: Database, view: str) -> Outcome:
        # Taken before the refresh: what comes while it runs waits for the next one.
        stale = self._stale_until_refresh.pop(view, StaleAnswers())
        up_to_date = False
        try:
            outcome = await self._look_at(database, view)
            up_to_date = outcome.up_to_date
        finally:
            if not up_to_date:
                self._stale_until_refresh.setdefault(view, StaleAnswers()).update(stale)
        if up_to_date:
            stale.drop(self._query_bus)
        return outcome

    async def _look_at(self, database: Database, view: str) -> Outcome:
        outcome = Outcome(False)

        async def look() -> bool:
            nonlocal outcome
            outcome = await keep_up(database, view)
            return outcome.refreshed

        await self._around_refresh(view, look)
        return outcome


async def _directly(_view: str, refresh: Callable[[], Awaitable[object]]) -> object:
    return await refresh()
