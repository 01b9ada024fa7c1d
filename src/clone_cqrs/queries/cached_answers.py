"""Answers through the cache: from an entry, from a load that runs already, or from a new one."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from itertools import count
from typing import Any

from pydantic import BaseModel

from clone_cqrs.dispatch.caller import Caller
from clone_cqrs.messages import Query, QueryResult
from clone_cqrs.queries.answering import answered, answered_within, out_of_time
from clone_cqrs.queries.cache.cache import QueryCache
from clone_cqrs.queries.cache.entry import Entry
from clone_cqrs.queries.cache.keys import PayloadKey, key_function
from clone_cqrs.queries.cache.load import Load
from clone_cqrs.queries.cache.partition import Partition
from clone_cqrs.queries.explanation import Explanation
from clone_cqrs.queries.levels import Consistency
from clone_cqrs.queries.plan import QueryPlan

_serial = count()


class CachedAnswers:
    """What a bus with a cache does once a query is admitted.

    memo: the attribute under which a query remembers its entry, this bus's own: the same query may be asked on two buses.
    """

    def __init__(self, cache: QueryCache) -> None:
        self.cache = cache
        self.memo = f"_cache_entry_{next(_serial)}"

    def partition_for(self, message_class: type[Query[Any, Any]], ttl: float | None) -> Partition | None:
        """Where the answers of a query class are kept; None where its payload holds a secret, which no key may."""
        if key_function(message_class.payload_type) is None:
            return None
        partition = self.cache.partition(message_class.type_name)
        partition.payload_type = message_class.payload_type
        if ttl is not None:
            partition.ttl = ttl
        return partition

    async def answer(
        self,
        plan: QueryPlan,
        query: Query[Any, Any],
        caller: Caller,
        level: Consistency,
        timeout: float | None,
        *,
        at_least: int | None,
        remember: bool,
    ) -> QueryResult[Any]:
        """Answer from the cache, or by a load that fills it.

        at_least: a position that is committed, and that the answer must hold: an entry that is not known to is passed over, and
        a load that begins now sees it. remember: the query may remember its entry, for the same caller to come.
        """
        partition = plan.partition
        assert partition is not None
        key = question_key(partition, query)
        if key is None:
            self.cache.count_uncached()
            return await answered_within(timeout, plan, query, caller, level)
        found = self.find(partition, key, caller, level)
        if found is not None and at_least is not None and not found.holds(at_least):
            self.cache.count_passed_over()
            found = None
        if found is not None and found.result is not None:
            if remember and key.lasting and level == plan.level:
                found.may_again = plan.may_again
                found.caller = caller
                query.__dict__[self.memo] = found
            self.cache.hits += 1
            self.cache.touch(found)
            return found.answer(found.result)
        load = self._load(plan, query, caller, level, key, at_least) if found is None else self.cache.join(found)
        result = await load.wait(timeout)
        return out_of_time(timeout or 0.0) if result is None else result

    def explain(
        self,
        partition: Partition,
        query: Query[Any, Any],
        caller: Caller,
        level: Consistency,
        at_least: int | None,
        followed: int | None,
    ) -> Explanation:
        """What `answer` would do now. followed: the position of the log that the cache has reached."""
        facts = partial(Explanation, level=level, position=followed)
        key = question_key(partition, query)
        if key is None:
            return facts("load", "the question has no key: it holds something whose equality cannot be told")
        entry = partition.find(key.value, caller)
        if entry is None and level == "eventual":
            entry = partition.find(key.value, _holder(caller, level))
        if entry is None:
            return facts("load", "there is no entry: never asked by this caller, or dropped since", keeps=True)
        stamp = None if followed is None else entry.stamp
        left = entry.expires - self.cache.clock()
        facts = partial(facts, stamp=stamp)
        if entry.result is not None and left <= 0:
            return facts("load", "the entry is past its time to live", keeps=True)
        if at_least is not None and not entry.holds(at_least):
            reason = f"the entry, stamped {entry.stamp}, is passed over for a token at {at_least}"
            return facts("load", reason, keeps=True)
        if entry.result is None:
            return facts("shared load", "the same question of the same caller is being answered", keeps=True)
        return facts("entry", f"{left:.3g} s of its time to live are left", expires_in=left, keeps=True)

    def invalidate(self, query: Query[Any, Any]) -> int:
        """Drop the answers to a query, whoever asked."""
        partition = self.cache.partition(query.query_type)
        key = question_key(partition, query)
        return 0 if key is None else self.cache.invalidate_payload(partition, key.value)

    def find(self, partition: Partition, key: PayloadKey, caller: Caller, level: Consistency) -> Entry | None:
        """The entry that serves a caller at a level, ready or loading."""
        # What was loaded for a session is good for "eventual" as well, never the other way round.
        found = self.cache.find(partition, key.value, caller)
        if found is None and level == "eventual":
            return self.cache.find(partition, key.value, _holder(caller, level))
        return found

    def _load(
        self,
        plan: QueryPlan,
        query: Query[Any, Any],
        caller: Caller,
        level: Consistency,
        key: PayloadKey,
        at_least: int | None,
    ) -> Load:
        assert plan.partition is not None
        run = partial(answered, plan, query, caller, level)
        return self.cache.begin(plan.partition, query.payload, key.value, _holder(caller, level), run, at_least)


def _holder(caller: Caller, level: Consistency) -> Hashable:
    return caller if level == "session" else (caller, level)


def question_key(partition: Partition, query: Query[Any, Any]) -> PayloadKey | None:
    """The payload's part of the key; None where it has none."""
    payload = query.payload
    payload_class: type[BaseModel] = type(payload)
    key_of = key_function(payload_class)
    if key_of is None:
        return None
    try:
        key = key_of(payload)
        hash(key.value)
    except TypeError:
        return None
    if payload_class is not partition.payload_type:
        return PayloadKey((payload_class, key.value), key.lasting)
    return key
