"""A connection to a database with the clone's tables."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.domain.schema.rows import Connection


@pytest.fixture
async def clone(clone_dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(clone_dsn)
    yield connection
    await connection.close()
