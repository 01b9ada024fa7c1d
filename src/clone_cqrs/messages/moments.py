"""Times as the wire spells them."""

from __future__ import annotations

from datetime import UTC, datetime


def wire_moment(moment: datetime) -> str:
    """ISO-8601 in UTC with a Z: milliseconds, as JavaScript writes it, or microseconds where there are any."""
    timespec = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).isoformat(timespec=timespec).removesuffix("+00:00") + "Z"
