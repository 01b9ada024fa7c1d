"""When a refresh is worth its cost: a view with a fresh reading is never stale, only slower to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

EXTRA_READ_S: Final = 0.00005
"""What reading a changed row costs more than an unchanged one, where nobody has measured it: 10 to 70 us for ordinary keys."""

REST_FACTOR: Final = 4.0
"""Between two refreshes, at least this many times what the last one took."""

MOST_CHANGES: Final = 0.5
"""Of the view's rows: more changes than that take more room and time to scan than they save."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a view has to bear since its last refresh.

    rows: of the view; changes: kept; reads: of whatever key, changed or not; refresh_seconds: what the last refresh took, and
    since_refresh: the seconds since it ended, both None before the first.
    """

    rows: float
    changes: float
    reads: float
    refresh_seconds: float | None = None
    since_refresh: float | None = None


def worth_refreshing(load: Load, *, extra_read_s: float = EXTRA_READ_S) -> bool:
    """Whether to refresh now: once the reads of changed rows have cost as much as a refresh, as one buys skis.

    That is at most twice what hindsight would have cost. Reads fall on changed rows as often as those are among all rows.
    Never back to back; and always when there are more changes than half the rows. The first is soon, to learn what it takes.
    """
    if load.changes <= 0:
        return False
    if load.refresh_seconds is None or load.since_refresh is None:
        return True
    if load.since_refresh < REST_FACTOR * load.refresh_seconds:
        return False
    if load.changes > MOST_CHANGES * load.rows:
        return True
    spent = load.reads * min(1.0, load.changes / load.rows) * extra_read_s
    return spent >= load.refresh_seconds
