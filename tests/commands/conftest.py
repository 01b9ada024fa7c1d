"""A database with the toolkit's tables and a table of notes."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.commands.notes import TABLE, Kept

from clone_cqrs.postgres import Database


@pytest.fixture
async def kept(dsn: str) -> AsyncIterator[Kept]:
    """What the database holds; makes the table of notes."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(TABLE)
    yield Kept(connection)
    await connection.close()


@pytest.fixture
async def database(dsn: str, kept: Kept) -> AsyncIterator[Database]:
    async with Database.open(dsn) as opened:
        yield opened
