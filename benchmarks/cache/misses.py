"""Many who ask for the same at once, and it is not in the cache: how often it is loaded, and how long all of them take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import uuid4

from benchmarks.cache.pages import CachedPages, query_of
from benchmarks.cache.peers import Load, installed_peers
from benchmarks.measure import Contender, Spread, collector_at_rest, take_turns
from benchmarks.report import Line, Report, spread_cells
from clone_cqrs.messages import uuid7

_AT_ONCE = 1_000
_LOAD_S = 0.02
_COLUMNS = ("loads", "ms for all", "of it processor, ms")


@dataclass
class _Asking:
    """ask: a round, by all at once; returns how often it was loaded. The figures of all rounds."""

    ask: Callable[[], Awaitable[int]]
    loads: list[int] = field(default_factory=list)
    processor_ms: list[float] = field(default_factory=list)

    async def once(self, _round: int) -> float:
        started, processor = time.perf_counter(), time.process_time()
        loads = await self.ask()
        self.processor_ms.append((time.process_time() - processor) * 1e3)
        self.loads.append(loads)
        return (time.perf_counter() - started) * 1e3


async def run(*, rounds: int, step: Callable[[str], None], at_once: int = _AT_ONCE) -> Report:
    """at_once: how many ask."""
    asking = _contenders(at_once)
    timed: dict[str, Contender] = {name: each.once for name, each in asking.items()}
    with collector_at_rest():
        figures = await take_turns(timed, rounds=rounds, step=step)
    lines = [_line(name, asking[name], Spread.of(samples)) for name, samples in figures.items()]
    note = (
        f"Medians and quartiles of {rounds} rounds. A load waits {_LOAD_S * 1e3:g} ms, as for a database. "
        "QueryBus: making the queries included."
    )
    return Report(f"{at_once:,} misses of one key at once", _COLUMNS, lines, note)


def steps(rounds: int) -> int:
    """How often `run` calls `step`."""
    return rounds * len(_contenders(1))


def _line(name: str, asking: _Asking, ms: Spread) -> Line:
    processor = Spread.of(asking.processor_ms)
    fewest, most = min(asking.loads), max(asking.loads)
    loads = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
    figures = {"loads": {"fewest": fewest, "most": most}, "ms": ms, "processor_ms": processor}
    return Line(name, [loads, spread_cells(ms, 0), spread_cells(processor, 0)], figures)


def _contenders(at_once: int) -> dict[str, _Asking]:
    found = {"QueryBus": _Asking(_ours(at_once))}
    counted = _Counted()
    for peer in installed_peers(counted.load, 10_000):
        found[peer.name] = _Asking(_of_a_peer(counted, peer.get, at_once))
        found[f"{peer.name}, {peer.get_once_name}"] = _Asking(_of_a_peer(counted, peer.get_once, at_once))
    return found


def _ours(at_once: int) -> Callable[[], Awaitable[int]]:
    pages = CachedPages(10_000, before_answering=_wait)

    async def ask() -> int:
        before, user_id = pages.loads, uuid7()
        await asyncio.gather(*(pages.bus.execute(query_of(user_id)) for _ in range(at_once)))
        return pages.loads - before

    return ask


class _Counted:
    loads = 0

    async def load(self, user_id: str, number: int) -> str:
        self.loads += 1
        await _wait()
        return user_id


def _of_a_peer(counted: _Counted, get: Load, at_once: int) -> Callable[[], Awaitable[int]]:
    async def ask() -> int:
        before, user_id = counted.loads, str(uuid4())
        await asyncio.gather(*(get(user_id, 0) for _ in range(at_once)))
        return counted.loads - before

    return ask


async def _wait() -> None:
    await asyncio.sleep(_LOAD_S)
