"""What the query bus decided about one query type when its handler was registered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from clone_cqrs.dispatch.policies import Check
from clone_cqrs.messages import Query
from clone_cqrs.queries.cache.partition import Partition
from clone_cqrs.queries.levels import Consistency

MAX_TTL_S = 86_400


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """validate, authorize, may: as in Registration, None where there is nothing to do. hooked: whether validate or authorize
    is there. may_again: `may` for a question and a caller who were admitted before, None where that cannot change. partition:
    where its answers are kept, None where they are not. level: for calls that state none.
    """

    query_type: str
    message_class: type[Query[Any, Any]]
    handle: Callable[[Any], Awaitable[Any]]
    validate: Callable[[Any], Awaitable[list[str]]] | None
    authorize: Callable[[Any, Any], Awaitable[bool]] | None
    may: Check | None
    may_again: Check | None
    hooked: bool
    partition: Partition | None
    level: Consistency


def seconds_to_live(ttl: float | timedelta, *, name: str = "cache_ttl") -> float:
    """A TTL in seconds. Raises: ValueError for one that is not positive, or longer than a day."""
    seconds = ttl.total_seconds() if isinstance(ttl, timedelta) else float(ttl)
    if seconds > MAX_TTL_S:
        raise ValueError(f"{name}: {seconds:g} is more than a day; it counts seconds, not milliseconds")
    if not seconds > 0:
        raise ValueError(f"{name}: should be more than 0 seconds")
    return seconds
