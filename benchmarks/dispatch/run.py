"""`python -m benchmarks dispatch`: microseconds a call, against a bare await of the same handler."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle, islice
from operator import sub, truediv
from typing import Any

from benchmarks.dispatch.contenders import commands, contenders
from benchmarks.dispatch.peers import installed_peers
from benchmarks.measure import Contender, Spread, by_round, collector_at_rest, take_turns
from benchmarks.report import Line, Report, spread_cells

AT_MOST_OVERHEAD_US = 1.5
_DIFFERENT = 64
"""Enough that nothing remembered of one command helps with the next, few enough to stay in the processor's cache, where a
command is that has just been made."""
_COLUMNS = ("bare await, us", "through the bus, us", "added, us", "added, at best, us", "ratio", "goal")


async def run(*, rounds: int, calls: int, step: Callable[[str], None]) -> list[Report]:
    """calls: in each round, of each contender."""
    ours, peers = contenders(), installed_peers()
    messages = _cycle(commands(_DIFFERENT), calls)
    timed: dict[str, Contender] = {}
    goals: dict[str, float | None] = {}
    for contender in ours:
        timed[f"{contender.name}/floor"] = _timed(contender.floor, messages)
        timed[contender.name] = _timed(contender.product, messages)
        goals[contender.name] = contender.at_most
    for peer in peers:
        requests = _cycle([peer.request() for _ in range(_DIFFERENT)], calls)
        timed[f"{peer.name}/floor"] = _timed(peer.floor, requests)
        timed[peer.name] = _timed(peer.send, requests)
        goals[peer.name] = None
    for warm_up in timed.values():
        await warm_up(0)
    with collector_at_rest():
        figures = await take_turns(timed, rounds=rounds, step=step)
    lines = [_line(name, figures[f"{name}/floor"], figures[name], goals[name]) for name in goals]
    note = (
        f"Medians and quartiles of {rounds} rounds of {calls:,} calls each, {_DIFFERENT} commands in turn; processor time; "
        "added and ratio are taken round by round; at best: the quickest round of each. Building the command is not in it."
    )
    return [Report("dispatch", _COLUMNS, lines, note)]


def steps(rounds: int) -> int:
    """How often `run` calls `step`."""
    return rounds * 2 * (len(contenders()) + len(installed_peers()))


def _line(name: str, floor: Sequence[float], product: Sequence[float], at_most: float | None) -> Line:
    bare, through = Spread.of(floor), Spread.of(product)
    added = Spread.of(by_round(product, floor, sub))
    ratio = Spread.of(by_round(product, floor, truediv))
    goal = "" if at_most is None else f"at most {at_most:g}x and {AT_MOST_OVERHEAD_US} us"
    at_best = through.best - bare.best
    cells = [
        spread_cells(bare, 2),
        spread_cells(through, 2),
        spread_cells(added, 2),
        f"{at_best:.2f}",
        spread_cells(ratio, 1),
        goal,
    ]
    figures = {
        "bare_us": bare,
        "through_us": through,
        "added_us": added,
        "added_at_best_us": at_best,
        "ratio": ratio,
        "goal_ratio": at_most,
        "goal_added_us": None if at_most is None else AT_MOST_OVERHEAD_US,
    }
    return Line(name, cells, figures)


def _cycle(messages: Sequence[Any], count: int) -> list[Any]:
    return list(islice(cycle(messages), count))


def _timed(call: Callable[[Any], Awaitable[Any]], messages: Sequence[Any]) -> Contender:
    async def once(_round: int) -> float:
        # Processor time: what other processes on the machine take meanwhile is not ours, and nothing here waits.
        started = time.thread_time()
        for message in messages:
            await call(message)
        return (time.thread_time() - started) / len(messages) * 1e6

    return once
