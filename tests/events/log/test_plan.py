"""A span of time is found in a long log by its index, in every partition, whatever the planner believes of times.

Planted bugs, each seen to fail its test: no index; `min(position)` as it is (the primary key walked from its end); times
compared behind an IS NULL, which a plan for all values cannot look up.
"""

import json
from typing import Any

import asyncpg

from clone_cqrs.postgres.statements import statement

ROWS = 60_000
_FILL = """
INSERT INTO cqrs.event
    (event_id, event_type, aggregate_type, aggregate_id, version, "timestamp", payload, metadata, recorded_at)
SELECT gen_random_uuid(), 'fact.noted', 'fact', 'a', n, now(), '{}', '{}', timestamptz '2026-01-01' + n * interval '1 second'
FROM generate_series(1, $1::integer) n
"""
_SPANS = {
    "'2026-01-01 08:20+00', '2026-01-01 08:25+00'": (30_000, 30_299),
    "'2026-01-01 16:39+00', null": (59_940, ROWS),
    "null, '2026-01-01 00:01+00'": (1, 59),
}


async def test_a_span_of_time_is_found_by_the_index(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute(_FILL, ROWS)
        await connection.execute("VACUUM ANALYZE cqrs.event_000001")
        await connection.execute(
            f"PREPARE question (timestamptz, timestamptz) AS {statement('clone_cqrs.events', 'recorded_between')}"
        )
        for span, bounds in _SPANS.items():
            found = await connection.fetchrow(f"EXECUTE question ({span})")
            assert found is not None
            assert tuple(found) == bounds
            explained = json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE question ({span})"))
            # 128 pages, and where the span ends the next 128: not the whole log.
            assert _rows_looked_at(explained[0]["Plan"]) < ROWS / 2
    finally:
        await connection.close()


async def test_partitions_that_are_made_later_have_the_index(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT cqrs.ensure_partitions(5)")
        partitions = await connection.fetchval("SELECT count(*) FROM cqrs.log_partition")
        indexed = await connection.fetchval("SELECT count(*) FROM pg_inherits WHERE inhparent = 'cqrs.event_by_time'::regclass")
        assert indexed == partitions == 5
    finally:
        await connection.close()


def _rows_looked_at(plan: dict[str, Any]) -> float:
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    return (own if "Relation Name" in plan else 0.0) + sum(map(_rows_looked_at, plan.get("Plans", [])))
