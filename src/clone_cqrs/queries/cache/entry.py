"""One entry of the cache: from the start of its load until it is dropped."""

from __future__ import annotations

from collections.abc import Hashable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from clone_cqrs.dispatch.caller import Caller
from clone_cqrs.dispatch.policies import Check
from clone_cqrs.messages import QueryResult

if TYPE_CHECKING:
    from clone_cqrs.queries.cache.load import Load
    from clone_cqrs.queries.cache.partition import Partition


class Entry:
    """A question of one caller, and its answer once it is loaded. Dropped, it is never used again: a newcomer makes a new one.

    partition: its query type's. payload_key, holder: its place there; the holder is the caller, with a level where that is not
    the session's. scopes: where the indexes have it; siblings: the partition's entries of the same payload, by holder.
    may_again: what its type's policy is asked for a query that remembers its entry. load: the one under way, None before and
    after. result: the answer for callers to come, None unless it may be used; copied: whether each of them gets a copy of the
    data. expires: on the cache's clock. bytes: roughly. held: whether it is still in the cache. caller: who asked. stamp: the
    position of the log up to which the answer holds every event for sure; contains: the position of one more event that it
    holds, the token's that it was loaded for.
    """

    __slots__ = (
        "bytes",
        "caller",
        "contains",
        "copied",
        "expires",
        "held",
        "holder",
        "load",
        "may_again",
        "partition",
        "payload",
        "payload_key",
        "result",
        "scopes",
        "siblings",
        "stamp",
    )

    def __init__(
        self, partition: Partition, payload: Any, payload_key: Hashable, holder: Hashable, expires: float, stamp: int
    ) -> None:
        self.partition = partition
        self.payload = payload
        self.payload_key = payload_key
        self.holder = holder
        self.expires = expires
        self.stamp = stamp
        self.contains: int | None = None
        self.caller: Caller | None = None
        self.scopes: dict[str, str | None] = {}
        self.siblings: dict[Hashable, Entry]
        self.may_again: Check | None = None
        self.load: Load | None = None
        self.result: QueryResult[Any] | None = None
        self.copied = False
        self.bytes = 0
        self.held = True

    def holds(self, position: int) -> bool:
        """Whether the answer is known to hold the event at a position of the log."""
        return self.stamp >= position or self.contains == position

    def answer(self, result: QueryResult[Any]) -> QueryResult[Any]:
        """`result`, which is this entry's, for one caller."""
        if not self.copied:
            return result
        return QueryResult(True, deepcopy(result.data), None, True, result.timestamp)

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        # A query remembers its entry; a copy of the query, or the query in a pickle, starts without one.
        return (type(None), ())
