"""Every interleaving of some writers and one reader, looked at for missed and turned-around events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.events.settled_model.readers import Reader, Step, reloaded
from tests.events.settled_model.world import COMMITTED, Program, World, moves, start


@dataclass(frozen=True)
class Explored:
    """states: how many were seen; violation: "missed" or "inverted", with the trace of worlds that leads to it."""

    states: int
    violation: str | None = None


def explore(
    programs: tuple[Program, ...],
    read: Step,
    *,
    crashes: int = 0,
    after_crash: Callable[[Reader], Reader] = reloaded,
    most: int = 2_000_000,
) -> Explored:
    """Search depth first until the first violation, or to the end."""
    first = (start(programs, crashes=crashes), Reader())
    seen = {first}
    stack = [first]
    while stack:
        world, reader = stack.pop()
        following = [(world, read(world, reader))]
        for moved in moves(world):
            crashed = moved.crashes_left < world.crashes_left
            following.append((moved, after_crash(reader) if crashed else reader))
        for state in following:
            if state in seen:
                continue
            violation = _violation(*state)
            if violation is not None:
                return Explored(len(seen), violation)
            seen.add(state)
            if len(seen) > most:
                raise AssertionError("too many states: the programs are too long for this test")
            stack.append(state)
    return Explored(len(seen))


def _violation(world: World, reader: Reader) -> str | None:
    for position, row in enumerate(world.rows, 1):
        passed = position <= reader.checkpoint and reader.cursor == (0, 0)
        if row.status == COMMITTED and passed and position not in reader.delivered:
            return "missed"
    highest: dict[str, int] = {}
    for position in reader.delivered:
        row = world.rows[position - 1]
        if row.version <= highest.get(row.aggregate, 0):
            return "inverted"
        highest[row.aggregate] = row.version
    return None
