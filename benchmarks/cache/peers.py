"""The same pages cached by other packages, where they happen to be installed. No dependency: they are looked for.

None of them knows a caller or a policy. cachetools' decorator is for functions that do not await; it has no tags. aiocache has
no tags either: what belongs together has keys that begin alike, and is found by looking through all keys.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.cache.pages import TTL_S

Load = Callable[[str, int], Awaitable[Any]]


@dataclass(frozen=True)
class Peer:
    """`get` is a load behind the package's decorator, and `get_once` that with what it has against concurrent misses;
    `invalidate` drops all pages of a user."""

    name: str
    get: Load
    get_once: Load
    get_once_name: str
    invalidate: Callable[[str], Awaitable[Any]]


def installed_peers(load: Load, capacity: int) -> list[Peer]:
    """Those of aiocache and cashews that can be imported, each with a cache of its own, empty, for so many entries."""
    found = {"aiocache": _aiocache, "cashews": _cashews}
    return [make(load, capacity) for module, make in found.items() if importlib.util.find_spec(module) is not None]


def cachetools_decorated(load: Callable[[str, int], Any], capacity: int) -> dict[str, Callable[[str, int], Any]]:
    """cachetools' decorator around a function that does not await, by name; nothing where it is not installed."""
    if importlib.util.find_spec("cachetools") is None:
        return {}
    cachetools = importlib.import_module("cachetools")
    decorate = cachetools.cached(cachetools.TTLCache(maxsize=capacity, ttl=TTL_S))
    return {f"{_named('cachetools')}, decorator": decorate(load)}


def _aiocache(load: Load, capacity: int) -> Peer:
    aiocache = importlib.import_module("aiocache")
    settings = {"ttl": TTL_S, "cache": aiocache.SimpleMemoryCache, "key_builder": _aiocache_key}
    get = aiocache.cached(**settings)(load)

    async def invalidate(user_id: str) -> None:
        await get.cache.clear(namespace=f"page:{user_id}:")

    return Peer(_named("aiocache"), get, aiocache.cached_stampede(**settings)(load), "cached_stampede", invalidate)


def _aiocache_key(_load: Load, user_id: str, number: int) -> str:
    return f"page:{user_id}:{number}"


def _cashews(load: Load, capacity: int) -> Peer:
    cache = importlib.import_module("cashews").Cache()
    # A tag is an entry, too. The sweep of what is past its time is left out, as it is in the others.
    cache.setup("mem://", size=3 * capacity, check_interval=0)
    settings = {"ttl": TTL_S, "tags": ["user:{user_id}"]}

    async def get(user_id: str, number: int) -> Any:
        return await load(user_id, number)

    async def invalidate(user_id: str) -> None:
        await cache.delete_tags(f"user:{user_id}")

    return Peer(
        f"{_named('cashews')}, with tags",
        cache(key="page:{user_id}:{number}", **settings)(get),
        cache(key="once:{user_id}:{number}", lock=True, **settings)(get),
        "lock=True",
        invalidate,
    )


def _named(distribution: str) -> str:
    return f"{distribution} {importlib.metadata.version(distribution)}"
