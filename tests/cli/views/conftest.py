"""The inn's database."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.cli.views.inn import GUESTS, TABLES

from clone_cqrs.views import create_fresh_view


@pytest.fixture
async def connection(dsn: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncpg.Connection]:
    monkeypatch.setenv("DATABASE_URL", "")  # commands set it, and it is set back afterwards
    opened = await asyncpg.connect(dsn)
    await opened.execute(TABLES)
    await create_fresh_view(opened, GUESTS)
    yield opened
    await opened.close()
