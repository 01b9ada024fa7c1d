"""Measuring: contenders take turns in every round, so that whatever else the machine does hits them alike."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

Contender = Callable[[int], Awaitable[float]]
"""Runs once, in the round given, and returns a figure: microseconds a call, or calls a second."""


@dataclass(frozen=True)
class Spread:
    """median of several rounds; low and high: the quartiles; best: the round with the least noise."""

    median: float
    low: float
    high: float
    best: float

    @classmethod
    def of(cls, samples: Sequence[float], *, best: Callable[[Sequence[float]], float] = min) -> Spread:
        if len(samples) == 1:
            return cls(samples[0], samples[0], samples[0], samples[0])
        low, median, high = statistics.quantiles(samples, n=4, method="inclusive")
        return cls(median, low, high, best(samples))


async def take_turns(
    contenders: Mapping[str, Contender], *, rounds: int, step: Callable[[str], None]
) -> dict[str, list[float]]:
    """Every contender's figure in every round. The order moves on by one each round; `step` is told who is done."""
    names = list(contenders)
    figures: dict[str, list[float]] = {name: [] for name in names}
    for index in range(rounds):
        first = index % len(names)
        for name in (*names[first:], *names[:first]):
            figures[name].append(await contenders[name](index))
            step(name)
    return figures


def by_round(first: Sequence[float], second: Sequence[float], combine: Callable[[float, float], float]) -> list[float]:
    """One figure from two, round by round: a ratio or a difference of neighbours is less noisy than one of medians."""
    return [combine(a, b) for a, b in zip(first, second, strict=True)]


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """The garbage collector on, as in production, but with nothing old to look at."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
