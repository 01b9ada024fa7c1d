"""One refresh of one materialized view."""

from __future__ import annotations

import time

import asyncpg

from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.catalog.layout import change_rows
from clone_cqrs.views.fresh.readings import BALLAST
from clone_cqrs.views.fresh.worth import Load, worth_refreshing
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView

_MATERIALIZED_VIEW = statement("clone_cqrs.views", "materialized_view")
_CLOSING_S = 5.0
_LOCK_REFRESH = statement("clone_cqrs.views", "lock_refresh")
_HAS_FRESH_VIEWS = statement("clone_cqrs.views", "toolkit_has_fresh_views")
_RECORD_REFRESH = statement("clone_cqrs.views", "record_refresh")
_SWEEP = statement("clone_cqrs.views", "sweep")
_FRESH_VIEW = statement("clone_cqrs.views", "fresh_view")


async def refresh_view(database: Database, name: str) -> None:
    """Fill a materialized view anew, without locking out its readers.

    Waits while another process refreshes it. A view that was never filled has no readers yet, and is filled plainly. Otherwise
    it needs a unique index over all its rows. Holds one transaction; only the view's owner may. The changes of a view with a
    fresh reading are swept after it, in a transaction of their own.
    Raises: ValueError for what is no name; LookupError where there is no such view; asyncpg's error.
    """
    asked = ViewName.parse(name)
    # A connection of its own, for as long as it takes: not one of the pool's, whose time limits are meant for the statements of
    # commands and queries.
    connection = await database.connect()
    try:
        # With the snapshot of an older moment than the lock's, it would put the view back in time.
        async with connection.transaction(isolation="read_committed"):
            found, seconds = await _refresh(connection, asked)
        if await connection.fetchval(_HAS_FRESH_VIEWS):
            await connection.execute(_RECORD_REFRESH, str(found), seconds, found.quoted)
            await connection.fetchval(_SWEEP, str(found))
            await _restore_ballast(connection, found)
    finally:
        await connection.close(timeout=_CLOSING_S)


async def sweep_view(database: Database, name: str) -> int | None:
    """Delete the changes that a view has, but for those that some snapshot in use is older than; returns how many.

    None where the role may not see the snapshots of others: it needs pg_read_all_stats; `cqrs.view.waits_for` says so, too.
    Raises: ValueError for what is no name; LookupError where there is no such view with a fresh reading.
    """
    asked = ViewName.parse(name)
    connection = await database.connect()
    try:
        found = await _find(connection, asked)
        rows = await connection.fetch(_SWEEP, str(found))
    finally:
        await connection.close(timeout=_CLOSING_S)
    if not rows:
        raise LookupError(f"{found} has no fresh reading")
    swept: int | None = rows[0][0]
    return swept


async def view_load(database: Database, name: str) -> Load | None:
    """What a view with a fresh reading has to bear since its last refresh; None for another view.

    Raises: ValueError for what is no name; LookupError where there is no such view.
    """
    async with database.connection() as connection:
        found = await _find(connection, ViewName.parse(name))
        if not await connection.fetchval(_HAS_FRESH_VIEWS):
            return None
        row = await connection.fetchrow(_FRESH_VIEW, str(found), found.quoted)
    return None if row is None else Load(**{**row, "changes": max(0.0, row["changes"] - BALLAST)})


async def count_changes(database: Database, view: MaterializedView) -> int:
    """How many changes of a view with a fresh reading are kept, counted."""
    changes = change_rows(view)
    known = " AND ".join(f"{ViewName(None, column).quoted} IS NOT NULL" for column in changes.columns.values())
    count: int = await database.fetch_value(f"SELECT count(*) FROM {changes.table.quoted} WHERE xid IS NOT NULL AND {known}")
    return count


async def refresh_if_worth(database: Database, name: str) -> bool:
    """Refresh a view where that is worth its cost (`worth_refreshing`); one without a fresh reading in any case."""
    load = await view_load(database, name)
    worth = load is None or worth_refreshing(load)
    if worth:
        await refresh_view(database, name)
    return worth


async def _restore_ballast(connection: asyncpg.Connection, view: ViewName) -> None:
    # A restored database has none: the data of changes is left out of dumps.
    changes = await connection.fetchval("SELECT changes::text FROM cqrs.view WHERE name = $1", str(view))
    if changes is not None:
        missing = f"{BALLAST} - (SELECT count(*) FROM {changes} WHERE xid IS NULL)"
        await connection.execute(f"INSERT INTO {changes} (xid) SELECT NULL FROM generate_series(1, {missing})")


async def _find(connection: asyncpg.Connection, asked: ViewName) -> ViewName:
    view = await connection.fetchrow(_MATERIALIZED_VIEW, asked.quoted)
    if view is None:
        raise LookupError(f"there is no materialized view {asked}")
    return ViewName(view["schema"], view["name"])


async def _refresh(connection: asyncpg.Connection, asked: ViewName) -> tuple[ViewName, float]:
    found = await _find(connection, asked)
    await connection.execute(_LOCK_REFRESH, str(found))
    # After the lock: whoever held it may have filled the view first.
    view = await connection.fetchrow(_MATERIALIZED_VIEW, found.quoted)
    concurrently = "CONCURRENTLY" if view is not None and view["populated"] else ""
    began = time.monotonic()
    await connection.execute(f"REFRESH MATERIALIZED VIEW {concurrently} {found.quoted}")
    return found, time.monotonic() - began
