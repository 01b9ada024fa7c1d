"""Reading a view in its three forms: the definition, the materialized view as of a refresh, the fresh reading."""

import json
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tests.domain.schema.rows import Connection, Row
from tests.domain.views.expected import EXPECTED, View
from tests.domain.views.stored import Stored

READINGS = ("definition", "view", "fresh")
KEYS = {view: "user_id" if view == "user_statistics" else "id" for view in EXPECTED}
JSON_COLUMNS = ("active_voice_model", "active_face_model")
MEANS = ("avg_latency_ms", "avg_conversation_seconds")


async def refresh(connection: Connection) -> None:
    await connection.execute("SELECT refresh_all_materialized_views()")


async def read(connection: Connection, view: str, reading: str) -> View:
    records = await connection.fetch(f"SELECT * FROM public.{view}_{reading}")
    rows = {record[KEYS[view]]: {column: decoded(column, value) for column, value in record.items()} for record in records}
    assert len(rows) == len(records), "two rows of one key"
    return rows


def decoded(column: str, value: Any) -> Any:
    if column in JSON_COLUMNS and value is not None:
        return json.loads(value, parse_float=Decimal, parse_int=Decimal)
    return rounded(column, value)


def rounded(column: str, value: Any) -> Any:
    """A mean in nanounits: nobody promises how many digits of a third there are."""
    if column in MEANS and value is not None:
        return Decimal(value).quantize(Decimal("1e-9"), ROUND_HALF_EVEN)
    return value


def expected(view: str, stored: Stored, now: datetime) -> View:
    rows: dict[Any, Row] = EXPECTED[view](stored, now)
    return {key: {column: rounded(column, value) for column, value in row.items()} for key, row in rows.items()}
