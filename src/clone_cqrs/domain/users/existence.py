"""Whether a user is there: what everything of a user depends on."""

from __future__ import annotations

from uuid import UUID

from clone_cqrs.errors import NotFoundError
from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement

_FIND_USER_LIFETIME = statement("clone_cqrs.domain.users", "find_user_lifetime")
_LOCK_USER = statement("clone_cqrs.domain.users", "lock_user")


def no_such_user() -> NotFoundError:
    """The same for one that never was and for one that is deleted."""
    return NotFoundError("no such user")


async def find_user_lifetime(database: Database, user_id: UUID) -> bool | None:
    """Whether the user is deleted; None where there never was one."""
    is_deleted: bool | None = await database.fetch_value(_FIND_USER_LIFETIME, user_id)
    return is_deleted


async def require_user(database: Database, user_id: UUID) -> None:
    """Raises: NotFoundError without such a live user."""
    if await find_user_lifetime(database, user_id) is not False:
        raise no_such_user()


async def lock_user(database: Database, user_id: UUID) -> None:
    """Come after every other writer that locks this user, to the end of the transaction.

    Comes before any other lock, and before what reads the state that the writers compete for: a statement sees what was
    committed when it began, not when its lock was granted. Raises: NotFoundError without such a live user.
    """
    if await database.fetch_value(_LOCK_USER, user_id) is None:
        raise no_such_user()
