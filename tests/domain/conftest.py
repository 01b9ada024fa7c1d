"""The clone, on a database of the test's own."""

from collections.abc import AsyncIterator

import pytest
from tests.domain.clone import Clone

from clone_cqrs.postgres import Database


@pytest.fixture
async def house(clone_dsn: str) -> AsyncIterator[Clone]:
    async with Database.open(clone_dsn) as database:
        yield Clone(database)
