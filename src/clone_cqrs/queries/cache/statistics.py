"""What a cache did so far, in numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CacheStatistics:
    """Counted since the bus was made.

    hits: answers from the cache; loads: handlers run to fill it; shared_loads: answers that joined another caller's load;
    invalidations: entries, ready or still loading, dropped by an event or by hand; expirations: found past their time;
    evictions: dropped for want of room; uncached: loads whose answer cannot be kept (no key, no copy, or too large).
    passed_over: entries too old for a caller's token; bypassed: answers loaded past a cache that had not heard from the log.
    entries, bytes: held now; bytes are an estimate. position: the settled position that the cache has followed the log to, None
    where there is no log; usable: whether it has heard from the log lately.
    """

    hits: int = 0
    loads: int = 0
    shared_loads: int = 0
    invalidations: int = 0
    expirations: int = 0
    evictions: int = 0
    uncached: int = 0
    passed_over: int = 0
    bypassed: int = 0
    entries: int = 0
    bytes: int = 0
    position: int | None = None
    usable: bool = True
