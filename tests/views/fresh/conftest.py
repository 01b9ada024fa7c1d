"""A shop with its fresh views, and several connections to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import asyncpg
import pytest
from tests.views.fresh import shop
from tests.views.fresh.shop import Connection

from clone_cqrs.views import create_fresh_view

both_ways = pytest.mark.parametrize("sharing", [False, True], ids=["changes_of_their_own", "shared_changes"])
"""A shop whose two views note their changes in tables of their own, and one where they share a table."""

Connect = Callable[[], Awaitable[Connection]]


@pytest.fixture
async def connect(dsn: str) -> AsyncIterator[Connect]:
    async with AsyncExitStack() as opened:

        async def open_one() -> Connection:
            # Who waits longer than a test ever should fails instead of hanging.
            connection = await asyncpg.connect(dsn, server_settings={"lock_timeout": "30s", "jit": "off"})
            opened.push_async_callback(connection.close)
            return connection

        yield open_one


@pytest.fixture
def sharing() -> bool:
    return False


@pytest.fixture
async def clerk(connect: Connect, sharing: bool) -> Connection:
    """A connection to a shop with rows, refreshed and swept."""
    connection = await connect()
    await connection.execute(shop.TABLES)
    await connection.execute(shop.ROWS)
    if sharing:
        await create_fresh_view(connection, *shop.SHARING)
    else:
        for view in shop.VIEWS:
            await create_fresh_view(connection, view)
    return connection


@pytest.fixture
async def other(connect: Connect, clerk: Connection) -> Connection:
    return await connect()


@pytest.fixture
async def refresher(connect: Connect, clerk: Connection) -> Connection:
    return await connect()
