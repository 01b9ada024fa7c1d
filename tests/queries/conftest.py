"""Buses without a database."""

import pytest
from tests.queries.questions import Clock, Scores, scores_on

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
