"""BaseQueryHandler: answers one type of query, and says who may ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Generic, TypeVar

from clone_cqrs.dispatch.caller import current_caller
from clone_cqrs.dispatch.policies import Policy
from clone_cqrs.errors import CqrsError, QueryAuthorizationError
from clone_cqrs.messages import Query, QueryResult
from clone_cqrs.queries.levels import Consistency

Q = TypeVar("Q", bound=Query[Any, Any])
R = TypeVar("R")


class BaseQueryHandler(Generic[Q, R]):
    """Subclass it, set `policy`, write `handle`.

    policy: who may, or override check_authorization; reads: the views and tables that the answer comes from; cache_ttl: how
    long an answer of this type may be kept, in seconds or as a timedelta, where it differs from the bus's; consistency: the
    level of calls that state none, "session" unless said.
    """

    policy: ClassVar[Policy | None] = None
    reads: ClassVar[tuple[str, ...]] = ()
    cache_ttl: ClassVar[float | timedelta | None] = None
    consistency: ClassVar[Consistency | None] = None

    async def handle(self, query: Q) -> QueryResult[R]:
        """Answer with self.success(...) or self.error(...); a CqrsError raised is the same as returned."""
        raise NotImplementedError(f"{type(self).__name__}.handle")

    async def validate_query(self, query: Q) -> list[str]:
        """Violations beyond the payload's shape, as `path: what is wrong`. Sees the message, never the database."""
        return []

    async def check_authorization(self, query: Q, resource: Any = None) -> bool:
        """Whether the current caller may; by default what the policy says."""
        return self.policy is not None and self.policy.check(query, current_caller(), resource)

    async def authorize(self, query: Q, resource: Any) -> None:
        """Ask again with a resource that the handler has loaded. Raises: QueryAuthorizationError."""
        if not await self.check_authorization(query, resource):
            raise QueryAuthorizationError(user_id=current_caller().user_id, resource=query.query_type)

    def success(self, data: R) -> QueryResult[R]:
        """The answer."""
        return QueryResult(True, data)

    def error(self, error: CqrsError) -> QueryResult[R]:
        """No answer; errors are not cached."""
        return QueryResult(False, None, error)
