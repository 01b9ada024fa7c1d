"""A shop with its fresh views, a connection to it, and what writes behind its triggers' back."""

from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
from tests.views.fresh import shop
from tests.views.fresh.shop import Connection

from clone_cqrs.postgres import Database
from clone_cqrs.views import create_fresh_view

Unheard = Callable[[str], Awaitable[None]]


@pytest.fixture
async def clerk(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn)
    await connection.execute(shop.TABLES)
    await connection.execute(shop.ROWS)
    for view in shop.VIEWS:
        await create_fresh_view(connection, view)
    yield connection
    await connection.close()


@pytest.fixture
async def database(dsn: str, clerk: Connection) -> AsyncIterator[Database]:
    async with Database.open(dsn) as opened:
        yield opened


@pytest.fixture
def unheard(clerk: Connection) -> Unheard:
    async def write(sql: str) -> None:
        tables = ("shop.customer", 'shop."order"', "shop.item")
        async with clerk.transaction():
            for table in tables:
                await clerk.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            await clerk.execute(sql)
            for table in tables:
                triggers = await clerk.fetch(
                    "SELECT tgname FROM pg_trigger WHERE tgrelid = $1::text::regclass AND NOT tgisinternal", table
                )
                for trigger in triggers:
                    await clerk.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger['tgname']}")

    return write
