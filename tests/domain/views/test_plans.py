"""Reads of a key and of a user's newest rows cost what they return, in every reading, with plans made once for all values.

LIMIT is a parameter: the planner then assumes that a tenth of the rows is wanted and reads them in the index's order. With
LIMIT 20, and four sessions for the average user, it would rather fetch all of a user's rows and sort them.

Seeded as seed.sql says; user 1 has 5,006 documents and 5,004 sessions, of which the last 100 of each are changed.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.domain.schema.rows import Connection
from tests.domain.views.readings import KEYS, READINGS
from tests.servers import databases
from tests.servers.postgresql import PrivateServer

from clone_cqrs.postgres.statements import statement

Plan = dict[str, Any]

LIST_TIMES = {
    "conversation_session_summary": "started_at",
    "document_summary": "uploaded_at",
    "voice_model_summary": "created_at",
    "face_model_summary": "created_at",
}
KINDS = {
    "user_profile": "user",
    "conversation_session_summary": "session",
    "document_summary": "document",
    "user_statistics": "user",
    "voice_model_summary": "voice",
    "face_model_summary": "face",
}
HEAVY_USER = "seeded('user', 1)"


async def migrate_and_seed(dsn: str) -> None:
    await databases.migrate_domain(dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute((Path(__file__).parent / "seed.sql").read_text())
    await connection.execute("SELECT refresh_all_materialized_views()")
    await connection.execute("SELECT cqrs.sweep_changes(name) FROM cqrs.view")
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


@pytest.fixture(scope="module", params=["nothing_changed", "much_changed", "much_changed_and_analysed"])
def seeded_dsn(server: PrivateServer, _templates: databases.Templates, request: pytest.FixtureRequest) -> Iterator[str]:
    """A copy of a database that is seeded once for each server; with 100,000 changes of keys, or without, and with the
    statistics of before them, or of after."""
    name = _templates.copy(migrate_and_seed)
    if request.param != "nothing_changed":
        asyncio.run(server.execute(CHANGES, database=name))
    if request.param == "much_changed_and_analysed":
        asyncio.run(server.execute("VACUUM ANALYZE", database=name))
    yield server.dsn(name)
    _templates.drop(name)


@pytest.fixture
async def seeded(seeded_dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(seeded_dsn)
    await connection.execute("SET plan_cache_mode = force_generic_plan; SET jit = off")
    yield connection
    await connection.close()


CHANGED_OF_HEAVY_USER = 100
CHANGES = """
UPDATE users SET updated_at = now() WHERE id IN (SELECT seeded('user', n) FROM generate_series(8000, 9999) AS n);
UPDATE voice_models SET updated_at = now() WHERE id IN (SELECT seeded('voice', n) FROM generate_series(8000, 9999) AS n);
UPDATE face_models SET updated_at = now() WHERE id IN (SELECT seeded('face', n) FROM generate_series(8000, 9999) AS n);
UPDATE conversation_sessions SET tts_provider = 's' WHERE id IN (
    SELECT seeded('session', n) FROM (SELECT generate_series(8000, 9999) UNION SELECT generate_series(44901, 45000)) AS s (n)
);
UPDATE conversation_turns SET latency_ms = 1
WHERE session_id IN (SELECT seeded('session', n) FROM generate_series(9000, 39999) AS n);
UPDATE knowledge_documents SET updated_at = now() WHERE id IN (
    SELECT seeded('document', n) FROM (SELECT generate_series(8000, 9999) UNION SELECT generate_series(34901, 35000)) AS s (n)
);
"""


async def plan_of(connection: Connection, parameters: str, query: str, values: str) -> list[Plan]:
    """Run a prepared query; returns the nodes of its plan, with what each did."""
    await connection.execute(f"PREPARE question ({parameters}) AS {query}")
    explained = await connection.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE question ({values})")
    await connection.execute("DEALLOCATE question")
    assert "$1" in explained, "not a generic plan"
    return nodes_of(json.loads(explained)[0]["Plan"])


def nodes_of(plan: Plan) -> list[Plan]:
    return [plan] + [node for child in plan.get("Plans", []) for node in nodes_of(child)]


def rows_scanned(nodes: list[Plan]) -> float:
    scans = [node for node in nodes if "Relation Name" in node]
    return float(sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in scans))


def assert_uses_indexes_alone(nodes: list[Plan]) -> None:
    scans = {node["Node Type"] for node in nodes if "Scan" in node["Node Type"] and node["Node Type"] != "Subquery Scan"}
    assert scans <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Bitmap Index Scan"}


@pytest.mark.parametrize("number", [5000, 9000], ids=["unchanged", "changed"])
@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("view", KEYS)
async def test_a_key_is_read_through_indexes(seeded: Connection, view: str, reading: str, number: int) -> None:
    nodes = await plan_of(
        seeded, "uuid", f"SELECT * FROM {view}_{reading} WHERE {KEYS[view]} = $1", f"seeded('{KINDS[view]}', {number})"
    )
    assert_uses_indexes_alone(nodes)
    assert rows_scanned(nodes) < 100


def assert_reads_a_page(nodes: list[Plan], most: int, rows: int = 20) -> None:
    """A page in order, without reading or sorting the list, but for its changed rows: these are found and looked up."""
    assert_uses_indexes_alone(nodes)
    assert "Function Scan" not in {node["Node Type"] for node in nodes}
    assert all(
        node["Actual Rows"] * node["Actual Loops"] <= CHANGED_OF_HEAVY_USER for node in nodes if "Sort" in node["Node Type"]
    )
    assert nodes[0]["Actual Rows"] == rows
    assert rows_scanned(nodes) < most + 2 * CHANGED_OF_HEAVY_USER


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("view", LIST_TIMES)
async def test_the_newest_of_a_user_are_read_in_order(seeded: Connection, view: str, reading: str) -> None:
    nodes = await plan_of(seeded, "uuid, int", f"SELECT * FROM {view}_{reading}_list($1, $2)", f"{HEAVY_USER}, 20")
    if view in ("voice_model_summary", "face_model_summary"):
        # The one voice model is made of 5,004 sessions, and no face.
        assert_reads_a_page(nodes, 11_000, rows=1 if view == "voice_model_summary" else 0)
    else:
        assert_reads_a_page(nodes, 100)


# Where a page of a list begins and which times it is limited to, as the clone's own statements take them.
AT_THE_BEGINNING = "null, null"
AFTER_THE_2000TH = "now() - interval '42000 minutes', seeded('session', 42000)"
OF_ALL_TIMES = "null, null"
OF_A_MONTH = "now() - interval '43000 minutes', now()"
OF_SOME_WEEKS = "now() - interval '44000 minutes', now() - interval '42000 minutes'"


@pytest.mark.parametrize("span", [OF_ALL_TIMES, OF_A_MONTH, OF_SOME_WEEKS], ids=["all_times", "a_month", "some_weeks"])
@pytest.mark.parametrize("after", [AT_THE_BEGINNING, AFTER_THE_2000TH], ids=["first_page", "later_page"])
@pytest.mark.parametrize("reading", READINGS)
async def test_a_page_starts_where_the_last_one_ended(seeded: Connection, reading: str, after: str, span: str) -> None:
    nodes = await plan_of(
        seeded,
        "uuid, timestamptz, uuid, int, timestamptz, timestamptz",
        statement("clone_cqrs.domain.conversations", "list_sessions").replace("_fresh", f"_{reading}"),
        f"{HEAVY_USER}, {after}, 20, {span}",
    )
    assert_reads_a_page(nodes, 100)


@pytest.mark.parametrize("status", ["null", "'pending'"], ids=["every_status", "pending"])
@pytest.mark.parametrize("reading", READINGS)
async def test_documents_of_a_status_are_picked_in_order(seeded: Connection, reading: str, status: str) -> None:
    nodes = await plan_of(
        seeded,
        "uuid, timestamptz, uuid, int, text",
        statement("clone_cqrs.domain.documents", "list_documents").replace("_fresh", f"_{reading}"),
        f"{HEAVY_USER}, {AT_THE_BEGINNING}, 20, {status}",
    )
    assert_reads_a_page(nodes, 20 * 10)  # every seventh is pending


@pytest.mark.parametrize(
    "after", [AT_THE_BEGINNING, "now() - interval '85000 seconds', seeded('turn', 85000)"], ids=["first_page", "later_page"]
)
async def test_a_page_of_a_history_is_read_in_order(seeded: Connection, after: str) -> None:
    nodes = await plan_of(
        seeded,
        "uuid, uuid, timestamptz, uuid, int",
        statement("clone_cqrs.domain.conversations", "list_turns"),
        f"seeded('user', 2), seeded('session', 1), {after}, 20",
    )
    assert_uses_indexes_alone(nodes)
    assert "Sort" not in {node["Node Type"] for node in nodes}
    assert nodes[0]["Actual Rows"] == 20
    assert rows_scanned(nodes) < 50


async def test_a_live_user_is_found_by_email(seeded: Connection) -> None:
    nodes = await plan_of(
        seeded,
        "text",
        "SELECT id FROM users WHERE lower(email) = lower($1) AND deleted_at IS NULL",
        "'77@EXAMPLE.com'",
    )
    assert_uses_indexes_alone(nodes)
    assert rows_scanned(nodes) == 1
