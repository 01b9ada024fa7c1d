"""The check that no rule is missing: what events change, against what answers are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clone_cqrs.consistency.relations import relations_behind
from clone_cqrs.consistency.rule import ConsistencyRule
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus


@dataclass(frozen=True, slots=True)
class StaleAnswer:
    """An event that changes what an answer is made of, and no rule that drops the answer."""

    event_type: str
    query_type: str
    tables: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.event_type} changes {', '.join(self.tables)}: no rule drops {self.query_type}"


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What the rules leave out. stale: answers that an event makes untrue; unnamed: query types that no rule names;
    undeclared: query types whose handlers do not say what they read; unknown: relations that they name, and that are not there.
    """

    stale: tuple[StaleAnswer, ...] = ()
    unnamed: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing is left out."""
        return not (self.stale or self.unnamed or self.undeclared or self.unknown)

    def __str__(self) -> str:
        lines = [
            *map(str, self.stale),
            *(f"no rule names {each}: its answers are kept for their whole time to live" for each in self.unnamed),
            *(f"the handler of {each} does not say what it reads" for each in self.undeclared),
            *(f"there is no relation {each}" for each in self.unknown),
        ]
        return "\n".join(lines) or "every rule that has to exist does"


async def check_rules(
    database: Database, query_bus: QueryBus, rules: Iterable[ConsistencyRule], events: Sequence[type[DomainEvent[Any]]]
) -> RuleReport:
    """Derive which rules must exist, and report those that do not.

    From events' `tables`, query handlers' `reads`, and the catalog, which says what tables a view reads, through other views.
    A query type whose handler asks for "strong" is never cached, and needs no rule.
    """
    dropped: dict[str, set[str]] = {}
    for rule in rules:
        dropped.setdefault(rule.event_type, set()).update(rule.affected_query_types)
    named = set().union(*dropped.values()) if dropped else set()
    handlers = {registration.type_name: registration.handler for registration in query_bus.registrations}
    cached = {query_type: handler.reads for query_type, handler in handlers.items() if handler.consistency != "strong"}
    behind = await relations_behind(database, {relation for reads in cached.values() for relation in reads})
    tables = {relation: {each.name for each in found if each.is_table} for relation, found in behind.items()}
    stale = [
        StaleAnswer(event.type_name, query_type, tuple(sorted(touched)))
        for event in events
        if event.type_name is not None
        for query_type, reads in cached.items()
        if query_type not in dropped.get(event.type_name, ())
        if (touched := set(event.tables) & {table for relation in reads for table in tables[relation]})
    ]
    return RuleReport(
        stale=tuple(stale),
        unnamed=tuple(sorted(cached.keys() - named)),
        undeclared=tuple(sorted(query_type for query_type, reads in cached.items() if not reads)),
        unknown=tuple(sorted(relation for relation, found in behind.items() if not found)),
    )
