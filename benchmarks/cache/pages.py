"""A query bus with a cache, and the pages of users that it answers with: what is asked, what is dropped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from clone_cqrs.consistency import ConsistencyRule, EventualConsistencyHandler
from clone_cqrs.dispatch.policies import has_role, owner_of
from clone_cqrs.messages import DomainEvent, Payload, Query, QueryResult
from clone_cqrs.queries import QueryBus

TTL_S = 3600
_AT_ONCE = 1_000


class GetPage(Payload):
    user_id: UUID
    number: int


class Page(Payload):
    user_id: UUID
    number: int
    text: str


class GetPageQuery(Query[GetPage, Page], type="page.get"): ...


class User(Payload):
    user_id: UUID


class UserUpdated(DomainEvent[User], type="user.updated", aggregate="user"): ...


def page_of(user_id: str, number: int) -> Page:
    """What is cached."""
    return Page(user_id=UUID(user_id), number=number, text="a page")


async def load_page(user_id: str, number: int) -> Page:
    """`page_of`, as a handler answers."""
    return page_of(user_id, number)


def query_of(user_id: UUID, number: int = 0) -> GetPageQuery:
    """Made as a service makes it: the payload is checked."""
    return GetPageQuery(payload={"user_id": user_id, "number": number}, user_id=user_id)


class CachedPages:
    """A bus with a cache for so many entries, a rule that drops a user's pages, and a handler of no cost.

    before_answering: awaited by the handler; loads counts its runs.
    """

    def __init__(self, capacity: int, before_answering: Callable[[], Awaitable[None]] | None = None) -> None:
        self.bus = QueryBus(enable_caching=True, cache_ttl=TTL_S, max_entries=capacity, max_bytes=1 << 40)
        self.consistency = EventualConsistencyHandler(self.bus)
        self.consistency.register_rule(ConsistencyRule("user.updated", ("page.get",), scope="user_id"))
        self.loads = 0

        @self.bus.handles(GetPageQuery, policy=owner_of("user_id") | has_role("admin"))
        async def get_page(query: GetPageQuery) -> Page:
            self.loads += 1
            if before_answering is not None:
                await before_answering()
            return Page(user_id=query.payload.user_id, number=query.payload.number, text="a page")

    async def ask(self, query: GetPageQuery) -> QueryResult[Page]:
        """The answer, from the cache or loaded."""
        return await self.bus.execute(query)

    async def fill(self, keys: Iterable[tuple[UUID, int]]) -> None:
        """Ask for all of these pages, so that they are cached."""
        batch: list[GetPageQuery] = []
        for key in keys:
            batch.append(query_of(*key))
            if len(batch) == _AT_ONCE:
                await self.bus.execute_many(batch)
                batch = []
        await self.bus.execute_many(batch)
