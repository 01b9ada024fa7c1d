"""The database of points, and what collects spans."""

import pytest
from tests.telemetry.points_application import make_tables
from tests.telemetry.watched import Spans


@pytest.fixture
async def points_dsn(dsn: str) -> str:
    await make_tables(dsn)
    return dsn


@pytest.fixture
def spans() -> Spans:
    return Spans()
