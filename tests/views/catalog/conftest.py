"""The inn, and a connection to it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.views.catalog.inn import TABLES, Connection


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[Connection]:
    opened = await asyncpg.connect(dsn)
    await opened.execute(TABLES)
    yield opened
    await opened.close()
