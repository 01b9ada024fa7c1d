"""Removing a subscription that is not used any more: while it is there, retention and whoever waits for all wait for it."""

from __future__ import annotations

from typing import Final

from clone_cqrs.errors import ConflictError, NotFoundError
from clone_cqrs.postgres.database import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.telemetry import get_logger

_PACKAGE = "clone_cqrs.events.subscriptions"
_LOCK = statement(_PACKAGE, "lock_subscription")
_USERS = statement(_PACKAGE, "users_of_subscription")
_HELD_BACK = statement(_PACKAGE, "list_dead_letters")
_REMOVE = statement(_PACKAGE, "remove_subscription")
_NOT_HANDLED = ["dead", "retrying", "released"]
_NAMED: Final = 5
_log = get_logger(__name__)


async def remove_subscription(database: Database, name: str, *, discard_dead_letters: bool = False) -> None:
    """Forget a subscription: its checkpoints, its leases, and what it has set aside. The log keeps its events.

    An EventSubscriber of this name begins anew after that, where its `start` says. discard_dead_letters: also where events are
    held back (dead letters, and those still being tried), which nobody will handle then.
    Raises: NotFoundError; ConflictError while a process works on it or may still (a killed one counts until its lease is over),
    or where events are held back, which it names.
    """
    async with database.transaction() as connection:
        await connection.execute(_LOCK)
        rows = await connection.fetch(_USERS, name)
        if not rows:
            raise NotFoundError(f"there is no subscription {name!r}")
        users = sorted({row["owner"] for row in rows if row["owner"] is not None})
        if users:
            raise ConflictError(f"the subscription {name!r} is in use by {', '.join(users)}: stop it first")
        held = await connection.fetch(_HELD_BACK, name, None, None, None, _NOT_HANDLED)
        if held and not discard_dead_letters:
            raise ConflictError(
                f"the subscription {name!r} holds back "
                f"{'; '.join(_said(row) for row in held[:_NAMED])}{_more(len(held))}: "
                "have them handled, or give them up with discard_dead_letters=True"
            )
        await connection.execute(_REMOVE, name)
    _log.info("subscription_removed", subscription=name, discarded=len(held))


def _said(row: object) -> str:
    facts: dict[str, object] = dict(row)  # type: ignore[call-overload]
    return (
        f"{facts['event_type']} at position {facts['position']} of {facts['aggregate_type']} {facts['aggregate_id']} "
        f"({facts['state']})"
    )


def _more(held: int) -> str:
    return f"; and {held - _NAMED} more" if held > _NAMED else ""
