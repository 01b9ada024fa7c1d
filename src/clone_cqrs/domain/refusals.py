"""Why a statement that carries out a command found nothing to do."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.domain.users.existence import find_user_lifetime, no_such_user
from clone_cqrs.errors import ConflictError, CqrsError, NotFoundError
from clone_cqrs.postgres import Database


def not_found(thing: str) -> NotFoundError:
    """The same whether it never was, is deleted, or is another user's: what is not theirs is not there for them."""
    return NotFoundError(f"no such {thing}")


async def refused_creation(database: Database, find: str, new_id: UUID, user_id: UUID, thing: str) -> CqrsError:
    """Why no row could be inserted for `user_id` under `new_id`.

    find: a statement that gives the holder's user_id and is_deleted for $1.
    """
    if await find_user_lifetime(database, user_id) is not False:
        return no_such_user()
    holder = await database.fetch_one(find, new_id)
    if holder is not None and (holder["user_id"] != user_id or holder["is_deleted"]):
        return not_found(thing)
    return ConflictError(f"this id of a {thing} is taken")
