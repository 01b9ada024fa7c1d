"""`python -m benchmarks cache`: hits, invalidations, concurrent misses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.cache import hits, invalidations, misses
from benchmarks.report import Report


async def run(*, rounds: int, calls: int, entries: Sequence[int], step: Callable[[str], None]) -> list[Report]:
    """calls: hits in each round, of each contender; entries: sizes of caches that one entry is dropped from."""
    few = _few(rounds)
    return [
        await hits.run(rounds=rounds, calls=calls, step=step),
        await invalidations.run_many(rounds=few, step=step),
        await invalidations.run_one(rounds=few, entries=entries, step=step),
        await misses.run(rounds=few, step=step),
    ]


def steps(rounds: int, entries: Sequence[int]) -> int:
    """How often `run` calls `step`."""
    few = _few(rounds)
    return hits.steps(rounds) + invalidations.steps_of_many(few) + invalidations.steps_of_one(few, entries) + misses.steps(few)


def _few(rounds: int) -> int:
    # What takes long in a round needs fewer of them.
    return max(1, rounds // 4)
