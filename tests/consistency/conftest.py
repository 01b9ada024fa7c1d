"""Points of users: a table, a view over it, a command that gives them and two queries that read them."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.consistency.points import POINTS, PointsApplication
from tests.servers.databases import observing

from clone_cqrs.postgres import Database


@pytest.fixture
async def observer(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the test's own; makes the table and the view."""
    async with observing(dsn, POINTS) as connection:
        yield connection


@pytest.fixture
async def database(dsn: str, observer: asyncpg.Connection) -> AsyncIterator[Database]:
    async with Database.open(dsn) as opened:
        yield opened


@pytest.fixture
async def points(database: Database) -> AsyncIterator[PointsApplication]:
    application = PointsApplication(database)
    yield application
    await application.consistency.close()
