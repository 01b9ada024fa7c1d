"""One refresh of one materialized view."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from clone_cqrs.postgres import Database
from clone_cqrs.postgres.statements import statement
from clone_cqrs.views.catalog.layout import change_rows
from clone_cqrs.views.fresh.readings import BALLAST
from clone_cqrs.views.fresh.worth import LOOK_AGAIN_S, Load, decide
from clone_cqrs.views.names import ViewName
from clone_cqrs.views.view import MaterializedView

_MATERIALIZED_VIEW = statement("clone_cqrs.views", "materialized_view")
_CLOSING_S = 5.0
_LOCK_REFRESH = statement("clone_cqrs.views", "lock_refresh")
_TRY_LOCK_REFRESH = statement("clone_cqrs.views", "try_lock_refresh")
_HAS_FRESH_VIEWS = statement("clone_cqrs.views", "toolkit_has_fresh_views")
_RECORD_REFRESH = statement("clone_cqrs.views", "record_refresh")
_SWEEP = statement("clone_cqrs.views", "sweep")
_FRESH_VIEW = statement("clone_cqrs.views", "fresh_view")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of looking at a view.

    refreshed: whether it was; otherwise waits_for says why not. again_s: in how many seconds to look again, unasked.
    up_to_date: whether it has all that was committed when it was looked at, by whosever refresh.
    """

    refreshed: bool
    waits_for: str | None = None
    again_s: float | None = None
    up_to_date: bool = False


async def refresh_view(database: Database, name: str) -> None:
    """Fill a materialized view anew, without locking out its readers.

    Waits while another process refreshes it. A view that was never filled has no readers yet, and is filled plainly. Otherwise
    it needs a unique index over all its rows. Holds one transaction; only the view's owner may. The changes of a view with a
    fresh reading are swept after it, in a transaction of their own.
    Raises: ValueError for what is no name; LookupError where there is no such view; asyncpg's error.
    """
    async with _connection(database) as connection:
        await _refresh(connection, await _find(connection, ViewName.parse(name)))


async def keep_up(database: Database, name: str) -> Outcome:
    """Sweep a view with a fresh reading, and refresh it where that is worth its cost (`decide`); refresh another in any case.

    Those that share its changes are refreshed with it. Never while another process refreshes it, nor soon after.
    Raises: as `refresh_view`.
    """
    async with _connection(database) as connection:
        found = await _find(connection, ViewName.parse(name))
        loads = await _loads(connection, found)
        if loads:
            return await _keep_up(connection, found, loads)
        await _refresh(connection, found)
    return Outcome(True, up_to_date=True)


async def sweep_view(database: Database, name: str) -> int | None:
    """Delete the changes that a view has, but for those that some snapshot in use is older than; returns how many.

    None where the role may not see the snapshots of others: it needs pg_read_all_stats; `cqrs.view.waits_for` says so, too.
    Raises: ValueError for what is no name; LookupError where there is no such view with a fresh reading.
    """
    async with _connection(database) as connection:
        found = await _find(connection, ViewName.parse(name))
        rows = await connection.fetch(_SWEEP, str(found))
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
        return (await _loads(connection, found)).get(found)


async def count_changes(database: Database, view: MaterializedView) -> int:
    """How many changes of a view with a fresh reading are kept, counted."""
    changes = change_rows(view)
    known = " AND ".join(f"{ViewName(None, column).quoted} IS NOT NULL" for column in changes.columns.values())
    count: int = await database.fetch_value(f"SELECT count(*) FROM {changes.table.quoted} WHERE xid IS NOT NULL AND {known}")
    return count


async def refresh_if_worth(database: Database, name: str) -> bool:
    """Whether `keep_up` refreshed the view."""
    return (await keep_up(database, name)).refreshed


@asynccontextmanager
async def _connection(database: Database) -> AsyncIterator[asyncpg.Connection]:
    # Of its own, for as long as it takes: not one of the pool's, whose time limits are meant for the statements of commands
    # and queries.
    connection = await database.connect()
    try:
        yield connection
    finally:
        await connection.close(timeout=_CLOSING_S)


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


async def _loads(connection: asyncpg.Connection, found: ViewName) -> dict[ViewName, Load]:
    """Of a view and of those that share its changes; empty for one without a fresh reading."""
    if not await connection.fetchval(_HAS_FRESH_VIEWS):
        return {}
    rows = [dict(row) for row in await connection.fetch(_FRESH_VIEW, str(found))]
    return {ViewName(row.pop("schema"), row.pop("name")): Load(**row) for row in rows}


async def _refresh(connection: asyncpg.Connection, found: ViewName) -> None:
    # With the snapshot of an older moment than the lock's, it would put the view back in time.
    async with connection.transaction(isolation="read_committed"):
        await connection.execute(_LOCK_REFRESH, str(found))
        await _fill(connection, found)
    if await connection.fetchval(_HAS_FRESH_VIEWS):
        await connection.fetchval(_SWEEP, str(found))
        await _restore_ballast(connection, found)


async def _keep_up(connection: asyncpg.Connection, found: ViewName, loads: dict[ViewName, Load]) -> Outcome:
    looked, decision = time.monotonic(), decide(*loads.values())
    up_to_date = loads[found].changes == 0
    filled = {}
    if decision.refresh:
        lacking = [view for view, load in loads.items() if load.changes > 0]
        filled = {view: await _fill_unless_another(connection, view, looked) for view in lacking}
        if not any(filled.values()):
            return Outcome(False, "another process refreshes it", LOOK_AGAIN_S)
        up_to_date = filled.get(found, up_to_date)
    elif not any(load.unswept for load in loads.values()):
        return Outcome(False, decision.reason, decision.again_s, up_to_date)
    await connection.fetchval(_SWEEP, str(found))
    again = [decision.again_s] if decision.again_s is not None else []
    left = await _loads(connection, found)
    if not all(filled.values()) or any(load.unswept for load in left.values()):
        again.append(LOOK_AGAIN_S)
    return Outcome(filled.get(found, False), decision.reason, min(again, default=None), up_to_date)


async def _fill_unless_another(connection: asyncpg.Connection, view: ViewName, looked: float) -> bool:
    """Whether a view was filled: not while somebody else does, nor when somebody has since it was looked at."""
    async with connection.transaction(isolation="read_committed"):
        if not await connection.fetchval(_TRY_LOCK_REFRESH, str(view)):
            return False
        now = (await _loads(connection, view)).get(view)
        if now is not None and now.since_refresh is not None and now.since_refresh < time.monotonic() - looked:
            return False
        await _fill(connection, view)
    return True


async def _fill(connection: asyncpg.Connection, found: ViewName) -> None:
    """In a transaction that has the lock: whoever held it may have filled the view first, and plainly."""
    view = await connection.fetchrow(_MATERIALIZED_VIEW, found.quoted)
    concurrently = "CONCURRENTLY" if view is not None and view["populated"] else ""
    began = time.monotonic()
    await connection.execute(f"REFRESH MATERIALIZED VIEW {concurrently} {found.quoted}")
    if await connection.fetchval(_HAS_FRESH_VIEWS):
        await connection.execute(_RECORD_REFRESH, str(found), time.monotonic() - began, found.quoted)
