"""Buses without a database; and on one, somebody who looks on."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.consistency.points import POINTS
from tests.queries.questions import Clock, Scores, scores_on
from tests.servers.databases import observing

from clone_cqrs.queries import QueryBus


@pytest.fixture
def bus() -> QueryBus:
    return QueryBus(enable_caching=True)


@pytest.fixture
def scores(bus: QueryBus) -> Scores:
    return scores_on(bus)


@pytest.fixture
def clock(bus: QueryBus, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time by which the bus's entries grow old."""

    def set_clock(now: object) -> None:
        monkeypatch.setattr(bus._cache, "clock", now)

    return Clock(set_clock)


@pytest.fixture
async def observer(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the test's own; makes the table of points and its view."""
    async with observing(dsn, POINTS) as connection:
        yield connection
