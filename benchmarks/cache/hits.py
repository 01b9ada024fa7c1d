"""Microseconds of an answer that is in the cache."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle, islice
from typing import Any
from uuid import UUID

from benchmarks.cache.pages import CachedPages, Page, load_page, page_of, query_of
from benchmarks.cache.peers import cachetools_decorated, installed_peers
from benchmarks.measure import Contender, Spread, collector_at_rest, take_turns
from benchmarks.report import Line, Report, spread_cells
from clone_cqrs.messages import uuid7

GOAL_US = 1.0
_DIFFERENT = 64
_COLUMNS = ("us", "at best, us", "goal")
_DICT, _AWAIT = "a dict lookup", "awaiting a function that returns at once"
_BEFORE, _NEW = "QueryBus, on a query made before", "QueryBus, making the query included"


async def run(*, rounds: int, calls: int, step: Callable[[str], None]) -> Report:
    """calls: in each round, of each contender."""
    timed = await _contenders(calls)
    with collector_at_rest():
        figures = await take_turns(timed, rounds=rounds, step=step)
    lines = [_line(name, Spread.of(samples)) for name, samples in figures.items()]
    note = (
        f"Medians and quartiles of {rounds} rounds of {calls:,} hits each, {_DIFFERENT} questions in turn; processor time. "
        "QueryBus authorizes every call, by owner or role; the others do not."
    )
    return Report("a hit", _COLUMNS, lines, note)


def steps(rounds: int) -> int:
    """How often `run` calls `step`."""
    return rounds * (4 + len(cachetools_decorated(page_of, 1)) + len(installed_peers(load_page, 1)))


def _line(name: str, us: Spread) -> Line:
    goal = GOAL_US if name == _BEFORE else None
    cells = [spread_cells(us, 2), f"{us.best:.2f}", "" if goal is None else f"under {goal:g} us"]
    return Line(name, cells, {"us": us, "goal_us": goal})


async def _contenders(calls: int) -> dict[str, Contender]:
    user_ids = [uuid7() for _ in range(_DIFFERENT)]
    texts = [str(user_id) for user_id in user_ids]
    timed = {_DICT: _looking_up({text: page_of(text, 0) for text in texts}, texts, calls)}
    timed[_AWAIT] = _awaiting(_at_once, _in_turn(texts, calls))
    pages = CachedPages(_DIFFERENT)
    queries = [query_of(user_id) for user_id in user_ids]
    for _ in range(2):
        for query in queries:
            assert (await pages.ask(query)).success
    assert pages.loads == _DIFFERENT
    timed[_BEFORE] = _awaiting(pages.bus.execute, _in_turn(queries, calls))
    timed[_NEW] = _making_and_awaiting(pages.bus.execute, _in_turn(user_ids, calls))
    for name, get in cachetools_decorated(page_of, _DIFFERENT).items():
        timed[name] = _calling(get, _in_turn(texts, calls))
    for peer in installed_peers(load_page, _DIFFERENT):
        timed[peer.name] = _awaiting_with_number(peer.get, _in_turn(texts, calls))
    for warm_up in timed.values():
        await warm_up(0)
    assert pages.loads == _DIFFERENT
    return timed


async def _at_once(user_id: str) -> str:
    return user_id


def _in_turn(values: Sequence[Any], calls: int) -> list[Any]:
    return list(islice(cycle(values), calls))


def _looking_up(answers: dict[str, Page], keys: Sequence[str], calls: int) -> Contender:
    chosen = _in_turn(keys, calls)

    async def once(_round: int) -> float:
        started = time.thread_time()
        for key in chosen:
            answers[key]
        return _us_each(started, chosen)

    return once


def _calling(get: Callable[[str, int], Any], keys: Sequence[str]) -> Contender:
    async def once(_round: int) -> float:
        started = time.thread_time()
        for key in keys:
            get(key, 0)
        return _us_each(started, keys)

    return once


def _awaiting(ask: Callable[[Any], Awaitable[Any]], questions: Sequence[Any]) -> Contender:
    async def once(_round: int) -> float:
        started = time.thread_time()
        for question in questions:
            await ask(question)
        return _us_each(started, questions)

    return once


def _awaiting_with_number(get: Callable[[str, int], Awaitable[Any]], keys: Sequence[str]) -> Contender:
    async def once(_round: int) -> float:
        started = time.thread_time()
        for key in keys:
            await get(key, 0)
        return _us_each(started, keys)

    return once


def _making_and_awaiting(ask: Callable[[Any], Awaitable[Any]], user_ids: Sequence[UUID]) -> Contender:
    async def once(_round: int) -> float:
        started = time.thread_time()
        for user_id in user_ids:
            await ask(query_of(user_id))
        return _us_each(started, user_ids)

    return once


def _us_each(started: float, what: Sequence[Any]) -> float:
    return (time.thread_time() - started) / len(what) * 1e6
