"""What the clone's rules allow, its tables take."""

from datetime import timedelta
from decimal import Decimal

from tests.domain.schema import rows
from tests.domain.schema.rows import FAILED, NOON, Connection

LARGEST_INTEGER = 2**31 - 1
LARGEST_BIGINT = 2**63 - 1


async def test_an_email_is_free_again_when_its_user_is_deleted(clone: Connection) -> None:
    await rows.insert(clone, "users", rows.user(email="ada@example.com", deleted_at=NOON))
    await rows.insert(clone, "users", rows.user(email="ADA@example.com", deleted_at=NOON))
    await rows.insert(clone, "users", rows.user(email="ada@example.com"))


async def test_a_deleted_active_model_does_not_stand_in_the_way_of_another(clone: Connection) -> None:
    owner = rows.user()
    await rows.insert(clone, "users", owner)
    for deleted_at in (NOON, NOON, None):
        active = {"is_active": True, "deleted_at": deleted_at}
        await rows.insert(clone, "voice_models", rows.voice_model(owner["id"], **rows.trained(**active)))
        await rows.insert(clone, "face_models", rows.face_model(owner["id"], **rows.built(**active)))


async def test_users_have_an_active_model_each(clone: Connection) -> None:
    for _ in range(2):
        owner = rows.user()
        await rows.insert(clone, "users", owner)
        await rows.insert(clone, "voice_models", rows.voice_model(owner["id"], **rows.trained(is_active=True)))


async def test_models_and_documents_can_fail(clone: Connection) -> None:
    owner = rows.user()
    await rows.insert(clone, "users", owner)
    await rows.insert(clone, "voice_models", rows.voice_model(owner["id"], **FAILED))
    await rows.insert(clone, "face_models", rows.face_model(owner["id"], **FAILED))
    await rows.insert(clone, "knowledge_documents", rows.document(owner["id"], **FAILED))
    await rows.insert(clone, "knowledge_documents", rows.document(owner["id"], **FAILED, processed_at=NOON))


async def test_takes_the_largest_values_of_its_columns(clone: Connection) -> None:
    """No row of them makes a view fail, which would take the refresh of all rows with it."""
    owner = rows.user(email=f"{'a' * 242}@example.com", conversation_minutes_used=LARGEST_BIGINT)
    voice = rows.voice_model(
        owner["id"],
        **rows.trained(
            quality_score=Decimal(100), sample_rate=LARGEST_INTEGER, training_duration_ms=LARGEST_BIGINT, is_active=True
        ),
    )
    face = rows.face_model(
        owner["id"],
        **rows.built(
            quality_score=Decimal(0),
            resolution_width=LARGEST_INTEGER,
            resolution_height=LARGEST_INTEGER,
            keypoint_count=LARGEST_INTEGER,
            processing_duration_ms=LARGEST_BIGINT,
            is_active=True,
        ),
    )
    first, last = NOON.replace(year=1), NOON.replace(year=9999)
    paper = rows.document(
        owner["id"],
        **rows.processed(chunk_count=LARGEST_INTEGER, processed_at=last),
        uploaded_at=first,
        size_bytes=LARGEST_BIGINT,
    )
    longest = rows.session(owner["id"], voice["id"], **rows.ended(last - first, first), face_model_id=face["id"])
    cost = Decimal("999999999999999.999999")
    turns = [rows.turn(longest["id"], latency_ms=LARGEST_BIGINT, cost=cost) for _ in range(3)]

    await rows.insert(clone, "users", owner)
    await rows.insert(clone, "voice_models", voice)
    await rows.insert(clone, "face_models", face)
    await rows.insert(clone, "knowledge_documents", paper)
    await rows.insert(clone, "conversation_sessions", longest)
    await rows.insert(clone, "conversation_turns", *turns)
    await clone.execute("SELECT refresh_all_materialized_views()")

    [statistics] = await clone.fetch("SELECT * FROM user_statistics_view")
    assert statistics["total_conversation_seconds"] == (last - first) // timedelta(seconds=1)
    [summary] = await clone.fetch("SELECT * FROM conversation_session_summary_view")
    assert summary["total_cost"] == cost * 3
    assert summary["avg_latency_ms"] == LARGEST_BIGINT


async def test_the_duration_is_in_whole_seconds_rounded_down(clone: Connection) -> None:
    owner = rows.user()
    voice = rows.voice_model(owner["id"], **rows.trained())
    barely = rows.session(owner["id"], voice["id"], **rows.ended(timedelta(seconds=59, microseconds=999_999)))
    assert barely["duration_seconds"] == 59
    await rows.insert(clone, "users", owner)
    await rows.insert(clone, "voice_models", voice)
    await rows.insert(clone, "conversation_sessions", barely)
