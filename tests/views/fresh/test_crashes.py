"""A refresh that is killed with SIGKILL: in the fill, after it, between refresh and sweep, in the sweep.

Either the process that asked for it, or the server's own that carries it out, which takes every connection along. Each is held
at its point by a lock. Planted bugs, each seen to fail here: changes that are not logged; changes deleted before the refresh,
in a transaction of their own.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from tests.commands.waiting import until
from tests.conftest import ServerFactory
from tests.servers.databases import migrate_toolkit
from tests.servers.postgresql import PrivateServer
from tests.views.fresh import shop
from tests.views.fresh.shop import CHANGES, Connection, changed, differences

from clone_cqrs.postgres import Database
from clone_cqrs.views import create_fresh_view, refresh_view

REPOSITORY = Path(__file__).parents[3]
VIEW = "shop.order_summary_view"
STAMP = f"SELECT snapshot::text FROM cqrs.view_stamp WHERE view = '{VIEW}'"


@dataclass(frozen=True)
class Point:
    """Where a refresh is held. lock: what it waits for there; filled: whether the view is filled, and committed, by then."""

    lock: str
    filled: bool


POINTS = {
    # The stamp is written by the last branch of the view's query.
    "fill": Point(f"SELECT FROM cqrs.view_stamp WHERE view = '{VIEW}' FOR UPDATE", False),
    # What the refresh took is kept in its own transaction.
    "record": Point(f"SELECT FROM cqrs.view WHERE name = '{VIEW}' FOR UPDATE", False),
    # The first of three changes: none is deleted yet.
    "between": Point(f"SELECT FROM {CHANGES['order_summary']} WHERE xid IS NOT NULL ORDER BY ctid LIMIT 1 FOR UPDATE", True),
    # The last of three changes: two are deleted by then.
    "sweep": Point(f"SELECT FROM {CHANGES['order_summary']} WHERE xid IS NOT NULL ORDER BY ctid DESC LIMIT 1 FOR UPDATE", True),
}


@pytest.fixture(scope="module")
def crashing(_new_server: ServerFactory) -> Iterator[PrivateServer]:
    """A server to crash, for the tests of this module alone."""
    private = _new_server()
    yield private
    private.close()


@pytest.fixture
async def crashing_dsn(crashing: PrivateServer) -> str:
    """A shop on it, with three changes that the view does not have."""
    name = f"shop_{uuid4().hex}"
    await crashing.execute(f"CREATE DATABASE {name}")
    dsn = crashing.dsn(name)
    await migrate_toolkit(dsn)
    async with connected(dsn) as clerk:
        await clerk.execute(shop.TABLES)
        await clerk.execute(shop.ROWS)
        for view in shop.VIEWS:
            await create_fresh_view(clerk, view)
        await clerk.execute("UPDATE shop.item SET price = 5 WHERE order_id IN (7, 8, 9)")
    return dsn


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn, server_settings={"lock_timeout": "30s"})
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def refreshing(dsn: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that refreshes the view; killed at the end if it still runs."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.views.fresh.one_refresh", dsn, VIEW),
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def held(observer: Connection, holder: Connection) -> int:
    """The backend that waits for what the holder has locked."""
    found: list[int] = []

    async def waits() -> bool:
        waiting = await observer.fetchval(
            "SELECT pid FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))", holder.get_server_pid()
        )
        found[:] = [waiting] if waiting is not None else []
        return bool(found)

    await until(waits)
    return found[0]


async def gone(observer: Connection, backend: int) -> None:
    """Wait until a backend has ended, with whatever it had left to do."""

    async def ended() -> bool:
        await observer.execute("SELECT pg_stat_clear_snapshot()")
        return not await observer.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", backend)

    await until(ended)


async def accepts(dsn: str) -> bool:
    try:
        async with connected(dsn):
            return True
    except (OSError, asyncpg.PostgresError):
        return False


async def kill_the_process(dsn: str, child: asyncio.subprocess.Process, backend: int, holder: Connection) -> None:
    child.kill()
    await child.wait()
    await holder.execute("ROLLBACK")
    await gone(holder, backend)


async def kill_the_backend(dsn: str, child: asyncio.subprocess.Process, backend: int, holder: Connection) -> None:
    os.kill(backend, signal.SIGKILL)
    await child.wait()

    async def crashed() -> bool:
        return holder.is_closed()

    await until(crashed)
    await until(lambda: accepts(dsn))


Kill = Callable[[str, asyncio.subprocess.Process, int, Connection], Awaitable[None]]


@pytest.mark.parametrize("kill", [kill_the_process, kill_the_backend], ids=["process", "backend"])
@pytest.mark.parametrize("point", POINTS)
async def test_readings_are_right_after_a_kill_and_the_next_refresh_works(crashing_dsn: str, point: str, kill: Kill) -> None:
    where = POINTS[point]
    async with connected(crashing_dsn) as observer, connected(crashing_dsn) as holder:
        before = await observer.fetchval(STAMP)
        await holder.execute(f"BEGIN; {where.lock}")
        async with refreshing(crashing_dsn) as child:
            backend = await held(observer, holder)
            assert (await observer.fetchval(STAMP) != before) == where.filled
            assert await changed(observer, "order_summary") == 3
            assert await differences(observer) == []
            await kill(crashing_dsn, child, backend, holder)
    async with connected(crashing_dsn) as clerk:
        assert (await clerk.fetchval(STAMP) != before) == where.filled
        assert await differences(clerk) == []
        await clerk.execute("UPDATE shop.item SET price = 6 WHERE order_id IN (8, 9, 10)")
        assert await differences(clerk) == []
        async with Database.open(crashing_dsn) as database:
            await refresh_view(database, VIEW)
        assert await changed(clerk, "order_summary") == 0
        assert await differences(clerk) == []
