"""A database with one table and one materialized view over it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.servers.databases import observing

from clone_cqrs.postgres import Database

POINTS = """
CREATE TABLE points (user_id uuid PRIMARY KEY, points integer NOT NULL);
CREATE MATERIALIZED VIEW points_view AS SELECT user_id, points FROM points;
CREATE UNIQUE INDEX ON points_view (user_id);
"""


@pytest.fixture
async def observer(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the test's own, beside those of the toolkit."""
    async with observing(dsn, POINTS) as connection:
        yield connection


@pytest.fixture
async def database(dsn: str, observer: asyncpg.Connection) -> AsyncIterator[Database]:
    async with Database.open(dsn) as opened:
        yield opened
