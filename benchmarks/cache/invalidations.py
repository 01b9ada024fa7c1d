"""What it costs to drop answers: many at once, and one of ever more."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from benchmarks.cache.pages import CachedPages, UserUpdated, load_page
from benchmarks.cache.peers import Peer, installed_peers
from benchmarks.measure import Contender, Spread, collector_at_rest, take_turns
from benchmarks.report import Line, Report, spread_cells
from clone_cqrs.messages import uuid7

GOAL_US = 20.0
_MANY = 10_000
_IN_A_ROUND = 100
_PEERS_AT_MOST = 10_000
_OURS = "an event, its rule, QueryBus"


async def run_many(*, rounds: int, step: Callable[[str], None], many: int = _MANY) -> Report:
    """One user's `many` pages, dropped at once."""
    timed: dict[str, Contender] = {_OURS: await _dropping_ours(many)}
    for peer in installed_peers(load_page, 2 * many):
        timed[peer.name] = _dropping(peer, many)
    with collector_at_rest():
        figures = await take_turns(timed, rounds=rounds, step=step)
    lines = []
    for name, samples in figures.items():
        ms, us_each = Spread.of(samples), Spread.of([each / many * 1e3 for each in samples])
        lines.append(Line(name, [spread_cells(ms, 1), spread_cells(us_each, 2)], {"ms": ms, "us_each": us_each}))
    note = f"Medians and quartiles of {rounds} rounds; processor time. As many entries stay."
    return Report(f"{many:,} entries dropped, of {2 * many:,}", ("ms", "us an entry"), lines, note)


async def run_one(*, rounds: int, entries: Sequence[int], step: Callable[[str], None]) -> Report:
    """A user's one page, dropped from caches with so many entries."""
    timed: dict[str, Contender] = {}
    by_name: dict[str, dict[int, str]] = {}
    for size in entries:
        for name, make in _contenders(size).items():
            key = f"{name}, of {size:,}"
            timed[key] = await make()
            by_name.setdefault(name, {})[size] = key
            step(f"filled: {key}")
    with collector_at_rest():
        figures = await take_turns(timed, rounds=rounds, step=step)
    spreads = {key: Spread.of(samples) for key, samples in figures.items()}
    lines = [_line(name, {size: spreads[key] for size, key in keys.items()}, entries) for name, keys in by_name.items()]
    note = (
        f"Microseconds: medians and quartiles of {rounds} rounds of {_IN_A_ROUND} events each; processor time. "
        f"Goal of QueryBus: under {GOAL_US:g} us at any size. The others are filled with up to {_PEERS_AT_MOST:,} entries."
    )
    return Report("one entry dropped, of", [f"{size:,}" for size in entries], lines, note)


def steps_of_many(rounds: int) -> int:
    """How often `run_many` calls `step`."""
    return rounds * (1 + len(installed_peers(load_page, 1)))


def steps_of_one(rounds: int, entries: Sequence[int]) -> int:
    """How often `run_one` calls `step`."""
    return sum(len(_contenders(size)) for size in entries) * (1 + rounds)


def _line(name: str, by_size: Mapping[int, Spread], entries: Sequence[int]) -> Line:
    cells = [spread_cells(by_size[size], 1) if size in by_size else "" for size in entries]
    figures = {"us_by_entries": {str(size): spread for size, spread in by_size.items()}}
    return Line(name, cells, figures | ({"goal_us": GOAL_US} if name == _OURS else {}))


def _contenders(size: int) -> dict[str, Callable[[], Awaitable[Contender]]]:
    found: dict[str, Callable[[], Awaitable[Contender]]] = {_OURS: lambda: _dropping_one_of_ours(size)}
    if size <= _PEERS_AT_MOST:
        for peer in installed_peers(load_page, size):
            found[peer.name] = lambda peer=peer: _dropping_one(peer, size)  # type: ignore[misc]
    return found


async def _dropping_ours(many: int) -> Contender:
    pages, user_id = CachedPages(2 * many), uuid7()
    await pages.fill((uuid7(), 0) for _ in range(many))

    async def once(_round: int) -> float:
        await pages.fill((user_id, number) for number in range(many))
        event, before = _updated(user_id), pages.bus.cache_statistics().entries
        started = time.thread_time()
        await pages.consistency.handle_event(event)
        took = time.thread_time() - started
        assert before - pages.bus.cache_statistics().entries == many
        return took * 1e3

    return once


def _dropping(peer: Peer, many: int) -> Contender:
    user_id = str(uuid7())
    filled = False

    async def once(_round: int) -> float:
        nonlocal filled
        if not filled:
            filled = True
            await _fill(peer, ((str(uuid7()), 0) for _ in range(many)))
        await _fill(peer, ((user_id, number) for number in range(many)))
        started = time.thread_time()
        await peer.invalidate(user_id)
        return (time.thread_time() - started) * 1e3

    return once


async def _dropping_one_of_ours(size: int) -> Contender:
    pages, user_ids = CachedPages(size), [uuid7() for _ in range(size)]
    await pages.fill((user_id, 0) for user_id in user_ids)

    async def once(index: int) -> float:
        chosen = _chosen(user_ids, index)
        events = [_updated(user_id) for user_id in chosen]
        handle, before = pages.consistency.handle_event, pages.bus.cache_statistics().entries
        started = time.thread_time()
        for event in events:
            await handle(event)
        took = time.thread_time() - started
        assert before - pages.bus.cache_statistics().entries == len(chosen)
        await pages.fill((user_id, 0) for user_id in chosen)
        return took / len(chosen) * 1e6

    return once


async def _dropping_one(peer: Peer, size: int) -> Contender:
    user_ids = [str(uuid7()) for _ in range(size)]
    await _fill(peer, ((user_id, 0) for user_id in user_ids))

    async def once(index: int) -> float:
        # The longer one takes, the fewer are needed to see how long.
        chosen = _chosen(user_ids, index)[: max(1, _IN_A_ROUND * 1_000 // size)]
        started = time.thread_time()
        for user_id in chosen:
            await peer.invalidate(user_id)
        took = time.thread_time() - started
        await _fill(peer, ((user_id, 0) for user_id in chosen))
        return took / len(chosen) * 1e6

    return once


def _chosen(users: Sequence[Any], index: int) -> list[Any]:
    """Others each round, from all over."""
    count = min(_IN_A_ROUND, len(users))
    stride = len(users) // count
    return [users[(number * stride + index) % len(users)] for number in range(count)]


async def _fill(peer: Peer, keys: Iterable[tuple[str, int]]) -> None:
    for key in keys:
        await peer.get(*key)


def _updated(user_id: UUID) -> UserUpdated:
    return UserUpdated(aggregate_id=user_id, payload={"user_id": user_id})
