"""What every subscription is doing, how far behind it is, and why it stands."""

from __future__ import annotations

from dataclasses import dataclass

from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.statements import statement

_PACKAGE = "clone_cqrs.events.subscriptions"
_STATES = statement(_PACKAGE, "subscription_states")
_OLDEST_WRITER = statement(_PACKAGE, "oldest_writer")


@dataclass(frozen=True)
class SubscriptionState:
    """One partition of one subscription.

    lag_events: positions from the checkpoint to the head of the log; lag_s: age of the first event not handled, seconds;
    owner: the worker, None when nobody works on it; retrying, dead: aggregates held back; why: what it waits for, None when
    all is well.
    """

    name: str
    partition: int
    checkpoint: int
    head: int
    lag_events: int
    lag_s: float
    owner: str | None
    retrying: int
    dead: int
    why: str | None


async def subscription_states(database: Database) -> tuple[SubscriptionState, ...]:
    """All subscriptions, in order of name and partition."""
    rows = await database.fetch(_STATES)
    behind = any(row["checkpoint"] < row["head"] for row in rows)
    writer = await _writer_at_the_log(database) if behind else None
    return tuple(
        SubscriptionState(
            row["name"],
            row["partition"],
            row["checkpoint"],
            row["head"],
            max(0, row["head"] - row["checkpoint"]),
            max(0.0, row["lag_s"]),
            row["owner"] if row["owned"] else None,
            row["retrying"],
            row["dead"],
            _why(row, writer),
        )
        for row in rows
    )


def _why(row: object, writer: str | None) -> str | None:
    facts: dict[str, object] = dict(row)  # type: ignore[call-overload]
    reasons = []
    if facts["held_position"] is not None:
        state = "a dead letter" if facts["held_state"] == "dead" else "set aside, and will be tried again"
        reasons.append(
            f"{facts['held_event_type']} at position {facts['held_position']} of {facts['held_aggregate_type']} "
            f"{facts['held_aggregate_id']} is {state} ({facts['held_error']})"
        )
    if facts["checkpoint"] < facts["head"]:  # type: ignore[operator]
        if not facts["owned"]:
            reasons.append("no worker is running")
        elif writer is not None:
            reasons.append(writer)
    return "; ".join(reasons) or None


async def _writer_at_the_log(database: Database) -> str | None:
    row = await database.fetch_one(_OLDEST_WRITER)
    if row is None:
        return None
    if row["gid"] is not None:
        return f"the prepared transaction {row['gid']!r} has held the log for {row['age_s']:.1f} s"
    if row["pid"] is None:
        return "a prepared transaction holds the log"
    return (
        f"session {row['pid']} ({row['application'] or 'no application name'}, {row['state']}) has held the log for "
        f"{row['age_s'] or 0:.1f} s: {row['query']}"
    )
