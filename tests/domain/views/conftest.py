"""Connections to a database with the clone's tables and views."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.domain.schema.rows import Connection


async def connect(dsn: str) -> Connection:
    # Who waits longer than a test ever should fails instead of hanging.
    return await asyncpg.connect(dsn, server_settings={"lock_timeout": "30s"})


@pytest.fixture
async def clone(clone_dsn: str) -> AsyncIterator[Connection]:
    connection = await connect(clone_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def other_clone(clone_dsn: str) -> AsyncIterator[Connection]:
    connection = await connect(clone_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def observer(clone_dsn: str) -> AsyncIterator[Connection]:
    connection = await connect(clone_dsn)
    yield connection
    await connection.close()
