"""The answers that a view's next refresh makes untrue once more: what is loaded until then comes from the view as it was."""

from __future__ import annotations

from typing import Any

from clone_cqrs.consistency.rule import ConsistencyRule
from clone_cqrs.messages import DomainEvent
from clone_cqrs.queries import QueryBus
from clone_cqrs.queries.cache.cache import StalePart
from clone_cqrs.queries.cache.scope import field_value, scope_value

_MOST = 10_000


class StaleAnswers:
    """Query types, or parts of them by scope: dropped when the event comes, and kept in mind until the view has followed."""

    def __init__(self) -> None:
        self._parts: set[StalePart] = set()

    def add(self, rule: ConsistencyRule, event: DomainEvent[Any]) -> None:
        """What a rule says that an event makes untrue."""
        value = None if rule.scope is None else scope_value(field_value(event.payload, rule.scope))
        scope = None if value is None else rule.scope
        for query_type in rule.affected_query_types:
            self._parts.add((query_type, scope, value))

    def update(self, others: StaleAnswers) -> None:
        """Add those of another."""
        self._parts |= others._parts
        if len(self._parts) > _MOST:
            # A storm of events before one refresh: whole types are the cheaper thing to remember.
            self._parts = {(query_type, None, None) for query_type, _, _ in self._parts}

    def drop(self, query_bus: QueryBus, below: int | None = None) -> None:
        """Drop them from a cache; with `below`, those that are not known to hold that position."""
        query_bus.drop_answers(self._parts, below)
