"""A function as a query handler: the same thing as a class, said shorter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from clone_cqrs.dispatch.policies import Policy
from clone_cqrs.messages import Query
from clone_cqrs.queries.handler import BaseQueryHandler
from clone_cqrs.queries.levels import Consistency


class FunctionQueryHandler(BaseQueryHandler[Any, Any]):
    """Runs an async function, which returns a QueryResult or just the data."""

    def __init__(
        self,
        function: Callable[[Any], Awaitable[Any]],
        *,
        message_class: type[Query[Any, Any]] | None,
        policy: Policy | None,
        reads: tuple[str, ...],
        cache_ttl: float | timedelta | None,
        consistency: Consistency | None,
    ) -> None:
        # Not methods of the class: the registry takes what the instance says.
        self.handle = function  # type: ignore[method-assign, assignment]
        self.message_class = message_class
        self.policy = policy  # type: ignore[misc]
        self.reads = reads  # type: ignore[misc]
        self.cache_ttl = cache_ttl  # type: ignore[misc]
        self.consistency = consistency  # type: ignore[misc]
