"""The query cache: bounded, found by key and by scope, and never filled by a load that an invalidation has overtaken."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable
from copy import deepcopy
from functools import partial
from math import inf
from typing import Any, TypeAlias

from clone_cqrs.messages import QueryResult
from clone_cqrs.queries.cache.entry import Entry
from clone_cqrs.queries.cache.load import Load
from clone_cqrs.queries.cache.partition import Partition
from clone_cqrs.queries.cache.size import approximate_bytes
from clone_cqrs.queries.cache.statistics import CacheStatistics

_ENTRY_BYTES = 1_200
"""What an entry takes besides its data: itself, its keys and its places in the indexes."""


StalePart: TypeAlias = tuple[str, str | None, str | None]
"""Entries to drop: of a query type; of a field, and with this scope value in it, where one is named."""


class QueryCache:
    """Entries of all query types, the least recently used at the front of those that are ready.

    An entry is in its partition from the start of its load, so that an invalidation finds it there as well: dropped, it
    answers those who wait for it already, and nobody else. ttl in seconds; clock: monotonic, in seconds.
    Holds for one event loop; nothing here suspends, so nothing here races.

    position: of the log, up to which every event has been applied here: the stamp of loads that begin now. usable_until: on the
    clock; after that the log has been silent for too long. A cache without a log stays at position 0, and usable.
    """

    def __init__(self, *, ttl: float, max_entries: int, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl = ttl
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self.clock = clock
        self._partitions: dict[str, Partition] = {}
        self._ready: OrderedDict[Entry, None] = OrderedDict()
        self.touch = self._ready.move_to_end
        """Make a ready entry the most recently used."""
        self._bytes = 0
        self.position = 0
        self.usable_until = inf
        self.hits = 0
        self._loads = self._shared = self._invalidated = self._expired = self._evicted = self._uncached = 0
        self._passed_over = self._bypassed = 0

    def partition(self, query_type: str) -> Partition:
        """The partition of a type, made where there is none."""
        found = self._partitions.get(query_type)
        if found is None:
            found = self._partitions[query_type] = Partition(query_type, self._ttl)
        return found

    def find(self, partition: Partition, payload_key: Hashable, holder: Hashable) -> Entry | None:
        """The entry under a key, ready or loading; one past its time is dropped."""
        entry = partition.find(payload_key, holder)
        if entry is not None and entry.expires <= self.clock() and entry.result is not None:
            self._expired += 1
            self._drop(entry)
            return None
        return entry

    def join(self, entry: Entry) -> Load:
        """The load of an entry that is not ready, for one more caller."""
        assert entry.load is not None
        self._shared += 1
        return entry.load

    def begin(
        self,
        partition: Partition,
        payload: Any,
        payload_key: Hashable,
        holder: Hashable,
        run: Callable[[], Awaitable[QueryResult[Any]]],
        contains: int | None = None,
    ) -> Load:
        """Start a load under a key. An entry that is there already gives way; its own waiters are still answered.

        contains: the position of an event that is committed now, whatever the log's settled position is.
        """
        former = partition.find(payload_key, holder)
        if former is not None:
            self._drop(former)
        # Age counts from before the load, and so does the position: nothing later is sure to be in the answer.
        entry = Entry(partition, payload, payload_key, holder, self.clock() + partition.ttl, self.position)
        entry.contains = contains
        partition.add(entry)
        self._loads += 1
        entry.load = Load(run, partial(self._loaded, entry), partial(self._drop, entry))
        return entry.load

    def _loaded(self, entry: Entry, result: QueryResult[Any], shareable: bool) -> None:
        entry.load = None
        if not entry.held:
            return
        kept = None if not result.success else _kept(result, shareable)
        size = _ENTRY_BYTES + approximate_bytes(entry.payload) + approximate_bytes(kept.data) if kept else 0
        if kept is None or size > self._max_bytes:
            self._uncached += result.success
            self._drop(entry)
            return
        entry.result, entry.copied, entry.bytes = kept, not shareable, size
        self._ready[entry] = None
        self._bytes += size
        while len(self._ready) > self._max_entries or self._bytes > self._max_bytes:
            self._evicted += 1
            self._drop(next(iter(self._ready)))

    def _drop(self, entry: Entry) -> None:
        if not entry.held:
            return
        entry.held = False
        entry.partition.remove(entry)
        if entry.result is not None:
            entry.result = None
            del self._ready[entry]
            self._bytes -= entry.bytes

    def count_uncached(self) -> None:
        """Count an answer that has no key."""
        self._uncached += 1

    def count_passed_over(self) -> None:
        """Count an entry that was too old for a token."""
        self._passed_over += 1

    def count_bypassed(self) -> None:
        """Count an answer loaded past the cache, because the log is silent."""
        self._bypassed += 1

    @property
    def is_usable(self) -> bool:
        """Whether the log was heard from lately enough."""
        return self.usable_until > self.clock()

    def invalidate_payload(self, partition: Partition, payload_key: Hashable) -> int:
        """Drop the entries of one payload, whoever asked. This and the other two return how many were dropped."""
        return self._invalidate(partition.of_payload(payload_key))

    def invalidate_part(self, query_type: str, field: str | None, value: str | None, below: int | None) -> int:
        """Drop the entries of a type that were asked with this value in a field, or without any; all of it without a field or a
        value.

        value: a scope value. below: leaves the entries whose stamp is this position or a later one, for they hold its event.
        Costs what is dropped.
        """
        partition = self._partitions.get(query_type)
        if partition is None:
            return 0
        if field is None or value is None:
            return self._invalidate(partition.all(below))
        return self._invalidate(partition.concerned(field, value, below))

    def clear(self) -> int:
        """Drop everything."""
        return sum(self._invalidate(partition.all()) for partition in self._partitions.values())

    def _invalidate(self, entries: Collection[Entry]) -> int:
        for entry in entries:
            self._drop(entry)
        self._invalidated += len(entries)
        return len(entries)

    def statistics(self) -> CacheStatistics:
        """The counters, now."""
        return CacheStatistics(
            hits=self.hits,
            loads=self._loads,
            shared_loads=self._shared,
            invalidations=self._invalidated,
            expirations=self._expired,
            evictions=self._evicted,
            uncached=self._uncached,
            passed_over=self._passed_over,
            bypassed=self._bypassed,
            entries=len(self._ready),
            bytes=self._bytes,
        )


def _kept(result: QueryResult[Any], shareable: bool) -> QueryResult[Any] | None:
    """The answer for callers to come; None where the data can be changed and cannot be copied."""
    if shareable:
        return QueryResult(True, result.data, None, True, result.timestamp)
    try:
        return QueryResult(True, deepcopy(result.data), None, True, result.timestamp)
    except Exception:
        return None
