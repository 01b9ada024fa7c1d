"""A database with the toolkit's tables, and a way to append events to its log."""

from collections.abc import AsyncIterator

import pytest
from tests.events.subscriptions.facts import Log

from clone_cqrs.postgres import Database


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    async with Database.open(dsn) as opened:
        yield opened


@pytest.fixture
def log(database: Database) -> Log:
    return Log(database)
