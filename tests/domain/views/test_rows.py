"""Each view, in each of its readings, has the rows that Python computes from the tables' rows."""

from datetime import UTC, datetime

import pytest
from tests.domain.schema.rows import Connection
from tests.domain.views.chance import Chance
from tests.domain.views.expected import EXPECTED
from tests.domain.views.readings import READINGS, expected, read, refresh


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_reading_of_every_view_has_the_rows_computed_from_the_tables(clone: Connection, seed: int) -> None:
    now = datetime.now(UTC)
    stored = Chance(seed, now).stored()
    await stored.insert(clone)
    await refresh(clone)
    for view in EXPECTED:
        wanted = expected(view, stored, now)
        assert wanted, f"nothing to compare for {view}"
        for reading in READINGS:
            assert await read(clone, view, reading) == wanted, f"{view}_{reading}"
