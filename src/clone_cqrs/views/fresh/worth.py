"""When a refresh is worth its cost: a view with a fresh reading is never stale, only slower to read."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

EXTRA_READ_S: Final = 0.00005
"""What reading a changed row costs more than an unchanged one, where nobody has measured it: 10 to 70 us for ordinary keys."""

REST_FACTOR: Final = 4.0
"""Between two refreshes of a view, at least this many times what the last one took: a quarter of the time at the most."""

MOST_CHANGES: Final = 0.5
"""Of the view's rows: more changes than that take more room and time to scan than they save."""

LOOK_AGAIN_S: Final = 5.0
"""How soon to look again at what reads have cost, at the earliest."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a view has to bear since its last refresh.

    rows: of the view; changes: that its stamp does not cover; reads: of whatever key, changed or not; refresh_seconds: what the
    library's last refresh took, and since_refresh: the seconds since the last one by whomever, both None before the first;
    unswept: covered changes may be left to sweep.
    """

    rows: float
    changes: float
    reads: float
    refresh_seconds: float | None = None
    since_refresh: float | None = None
    unswept: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to refresh a view now; else why not, and in how many seconds to look again, where time alone may change that."""

    refresh: bool
    reason: str | None = None
    again_s: float | None = None


def decide(*loads: Load, extra_read_s: float = EXTRA_READ_S) -> Decision:
    """Refresh once the reads of changed rows have cost as much as a refresh, as one buys skis.

    That is at most twice what hindsight would have cost. Reads fall on changed rows as often as those are among all rows.
    Never back to back; and always when there are more changes than half the rows. The first is soon, to learn what it takes.
    loads: of a view, or of several that share their changes, which are refreshed together: those that lack any.
    """
    lacking = [load for load in loads if load.changes > 0]
    if not lacking:
        return Decision(False, "nothing has changed since the last refresh")
    cost, since = 0.0, inf
    for load in lacking:
        if load.refresh_seconds is None or load.since_refresh is None:
            return Decision(True)
        cost, since = cost + load.refresh_seconds, min(since, load.since_refresh)
    rest = REST_FACTOR * cost - since
    if rest > 0:
        return Decision(False, "rests after the last refresh", rest)
    if any(load.changes > MOST_CHANGES * load.rows for load in lacking):
        return Decision(True)
    if sum(load.reads * min(1.0, load.changes / load.rows) * extra_read_s for load in lacking) >= cost:
        return Decision(True)
    return Decision(False, "reads of changed rows have cost less than a refresh so far", max(LOOK_AGAIN_S, cost))
