"""The edges of the views' columns: nothing there, deleted, still open, just too old, another time zone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.domain.schema import rows
from tests.domain.schema.rows import FAILED, NOON, Connection, Row, insert, update
from tests.domain.views.expected import EXPECTED
from tests.domain.views.readings import READINGS, read, refresh

pytestmark = pytest.mark.parametrize("reading", READINGS)


@pytest.fixture
async def owner(clone: Connection) -> Row:
    user = rows.user()
    await insert(clone, "users", user)
    return user


@pytest.fixture
async def voice(clone: Connection, owner: Row) -> Row:
    model = rows.voice_model(owner["id"], **rows.trained(is_active=True))
    await insert(clone, "voice_models", model)
    return model


async def the_row(clone: Connection, view: str, reading: str) -> Row:
    await refresh(clone)
    [row] = (await read(clone, view, reading)).values()
    return row


async def test_all_views_are_empty_without_rows(clone: Connection, reading: str) -> None:
    await refresh(clone)
    for view in EXPECTED:
        assert await read(clone, view, reading) == {}


async def test_the_profile_of_a_user_without_anything(clone: Connection, owner: Row, reading: str) -> None:
    profile = await the_row(clone, "user_profile", reading)
    assert profile["active_voice_model"] is None
    assert profile["active_face_model"] is None
    assert (profile["document_count"], profile["recent_conversation_count"]) == (0, 0)


async def test_the_statistics_of_a_user_without_anything_are_zeros(clone: Connection, owner: Row, reading: str) -> None:
    statistics = await the_row(clone, "user_statistics", reading)
    assert statistics.pop("user_id") == owner["id"]
    assert statistics.pop("last_activity_at") == owner["updated_at"]
    assert set(statistics.values()) == {0}


async def test_a_deleted_user_leaves_every_view(clone: Connection, owner: Row, voice: Row, reading: str) -> None:
    face = rows.face_model(owner["id"], **rows.built(is_active=True))
    paper = rows.document(owner["id"])
    conversation = rows.session(owner["id"], voice["id"], face_model_id=face["id"])
    await insert(clone, "face_models", face)
    await insert(clone, "knowledge_documents", paper)
    await insert(clone, "conversation_sessions", conversation)
    await insert(clone, "conversation_turns", rows.turn(conversation["id"]))
    await refresh(clone)
    for view in EXPECTED:
        assert len(await read(clone, view, reading)) == 1

    await update(clone, "users", owner["id"], deleted_at=NOON)
    for table, row in [
        ("voice_models", voice),
        ("face_models", face),
        ("knowledge_documents", paper),
        ("conversation_sessions", conversation),
    ]:
        await update(clone, table, row["id"], deleted_at=NOON)
    await refresh(clone)
    for view in EXPECTED:
        assert await read(clone, view, reading) == {}


async def test_a_session_without_turns_has_no_averages_and_no_cost(
    clone: Connection, owner: Row, voice: Row, reading: str
) -> None:
    await insert(clone, "conversation_sessions", rows.session(owner["id"], voice["id"]))
    summary = await the_row(clone, "conversation_session_summary", reading)
    assert summary["turn_count"] == 0
    of_turns = ("avg_latency_ms", "total_cost", "first_turn_at", "last_turn_at")
    assert [summary[column] for column in of_turns] == [None] * 4


async def test_an_open_session_counts_and_has_no_duration(clone: Connection, owner: Row, voice: Row, reading: str) -> None:
    over = rows.session(owner["id"], voice["id"], **rows.ended(timedelta(seconds=90)))
    await insert(clone, "conversation_sessions", over, rows.session(owner["id"], voice["id"]))
    statistics = await the_row(clone, "user_statistics", reading)
    assert statistics["total_conversations"] == 2
    assert statistics["total_conversation_seconds"] == 90
    assert statistics["avg_conversation_seconds"] == 45


async def test_a_mean_is_exact(clone: Connection, owner: Row, voice: Row, reading: str) -> None:
    conversation = rows.session(owner["id"], voice["id"])
    await insert(clone, "conversation_sessions", conversation)
    for latency_ms in (1, 2, 2):
        await insert(clone, "conversation_turns", rows.turn(conversation["id"], latency_ms=latency_ms))
    summary = await the_row(clone, "conversation_session_summary", reading)
    assert summary["avg_latency_ms"] == Decimal("1.666666667")


@pytest.mark.parametrize(
    ("status", "duration_ms"),
    [
        ({}, None),
        (FAILED | {"processed_at": NOON + timedelta(seconds=1)}, None),
        (rows.processed(processed_at=NOON), 0),
        (rows.processed(processed_at=NOON + timedelta(microseconds=1_500)), Decimal("1.5")),
        (rows.processed(processed_at=NOON + timedelta(days=40)), 40 * 86_400_000),
    ],
)
async def test_a_document_has_a_processing_duration_when_it_is_completed(
    clone: Connection, owner: Row, status: Row, duration_ms: Decimal | None, reading: str
) -> None:
    await insert(clone, "knowledge_documents", rows.document(owner["id"], **status))
    assert (await the_row(clone, "document_summary", reading))["processing_duration_ms"] == duration_ms


async def test_a_recent_conversation_started_within_720_hours(clone: Connection, owner: Row, voice: Row, reading: str) -> None:
    now, month = datetime.now(UTC), timedelta(hours=720)
    for started_at in (
        now - month - timedelta(minutes=1),
        now - month + timedelta(minutes=10),
        now,
        now + timedelta(minutes=10),  # by a clock that is ahead of the server's
    ):
        await insert(clone, "conversation_sessions", rows.session(owner["id"], voice["id"], started_at=started_at))
    assert (await the_row(clone, "user_profile", reading))["recent_conversation_count"] == 3


@pytest.mark.parametrize("latest", ["update", "session", "upload"])
async def test_the_last_activity_is_the_newest_update_session_or_upload(
    clone: Connection, owner: Row, voice: Row, latest: str, reading: str
) -> None:
    times = {"update": NOON, "session": NOON, "upload": NOON} | {latest: NOON + timedelta(hours=1)}
    await update(clone, "users", owner["id"], updated_at=times["update"])
    await insert(clone, "conversation_sessions", rows.session(owner["id"], voice["id"], started_at=times["session"]))
    await insert(clone, "knowledge_documents", rows.document(owner["id"], uploaded_at=times["upload"]))
    assert (await the_row(clone, "user_statistics", reading))["last_activity_at"] == NOON + timedelta(hours=1)


async def test_the_active_model_gives_way_to_another(clone: Connection, owner: Row, voice: Row, reading: str) -> None:
    other = rows.voice_model(owner["id"], **rows.trained(), provider="openai-tts")
    await insert(clone, "voice_models", other)
    await update(clone, "voice_models", voice["id"], is_active=False)
    await update(clone, "voice_models", other["id"], is_active=True)
    assert (await the_row(clone, "user_profile", reading))["active_voice_model"]["provider"] == "openai-tts"


async def test_does_not_depend_on_the_settings_of_who_refreshes(
    clone: Connection, owner: Row, voice: Row, reading: str
) -> None:
    await insert(clone, "face_models", rows.face_model(owner["id"], **rows.built(is_active=True)))
    at_home = await the_row(clone, "user_profile", reading)
    await clone.execute("SET timezone = 'Asia/Kolkata'; SET datestyle = 'German'; SET intervalstyle = 'sql_standard'")
    await update(clone, "users", owner["id"], name="Grace")  # so that the refresh has a row to write
    assert await the_row(clone, "user_profile", reading) == at_home | {"name": "Grace"}
    assert at_home["active_voice_model"]["created_at"] == "2026-03-01T12:00:00.000000Z"
