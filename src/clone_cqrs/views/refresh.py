"""One refresh of one materialized view."""

from __future__ import annotations

import asyncpg

from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.names import ViewName

_MATERIALIZED_VIEW = statement("clone_cqrs.views", "materialized_view")
_CLOSING_S = 5.0
_LOCK_REFRESH = statement("clone_cqrs.views", "lock_refresh")


async def refresh_view(database: Database, name: str) -> None:
    """Fill a materialized view anew, without locking out its readers.

    Waits while another process refreshes it. A view that was never filled has no readers yet, and is filled plainly. Otherwise
    it needs a unique index over all its rows. Holds one transaction; only the view's owner may.
    Raises: ValueError for what is no name; LookupError where there is no such view; asyncpg's error.
    """
    asked = ViewName.parse(name)
    # A connection of its own, for as long as it takes: not one of the pool's, whose time limits are meant for the statements of
    # commands and queries.
    connection = await database.connect()
    try:
        # With the snapshot of an older moment than the lock's, it would put the view back in time.
        async with connection.transaction(isolation="read_committed"):
            await _refresh(connection, asked)
    finally:
        await connection.close(timeout=_CLOSING_S)


async def _refresh(connection: asyncpg.Connection, asked: ViewName) -> None:
    view = await connection.fetchrow(_MATERIALIZED_VIEW, asked.quoted)
    if view is None:
        raise LookupError(f"there is no materialized view {asked}")
    found = ViewName(view["schema"], view["name"])
    await connection.execute(_LOCK_REFRESH, str(found))
    # After the lock: whoever held it may have filled the view first.
    view = await connection.fetchrow(_MATERIALIZED_VIEW, found.quoted)
    concurrently = "CONCURRENTLY" if view is not None and view["populated"] else ""
    await connection.execute(f"REFRESH MATERIALIZED VIEW {concurrently} {found.quoted}")
