"""The columns of the views: names and order are a contract, and the three readings of a view agree in all of it."""

import pytest
from tests.domain.schema.rows import Connection

COLUMNS = {
    "user_profile": """
        id uuid, email text, name text, created_at timestamptz, updated_at timestamptz, personality_traits text[],
        speaking_style text, subscription_tier text, conversation_minutes_used bigint, active_voice_model jsonb,
        active_face_model jsonb, document_count bigint, recent_conversation_count bigint
    """,
    "conversation_session_summary": """
        id uuid, user_id uuid, started_at timestamptz, ended_at timestamptz, duration_seconds bigint, state text,
        llm_provider text, tts_provider text, voice_model_id uuid, face_model_id uuid, turn_count bigint,
        avg_latency_ms numeric, total_cost numeric, first_turn_at timestamptz, last_turn_at timestamptz
    """,
    "document_summary": """
        id uuid, user_id uuid, filename text, content_type text, size_bytes bigint, uploaded_at timestamptz,
        processed_at timestamptz, status text, chunk_count integer, title text, tags text[],
        processing_duration_ms numeric
    """,
    "user_statistics": """
        user_id uuid, total_conversations bigint, total_conversation_seconds bigint, avg_conversation_seconds numeric,
        total_turns bigint, total_cost numeric, total_documents bigint, processed_documents bigint,
        total_voice_models bigint, total_face_models bigint, last_activity_at timestamptz
    """,
    "voice_model_summary": """
        id uuid, user_id uuid, provider text, model_path text, sample_rate integer, quality_score numeric,
        is_active boolean, created_at timestamptz, usage_count bigint, last_used_at timestamptz
    """,
    "face_model_summary": """
        id uuid, user_id uuid, model_path text, resolution_width integer, resolution_height integer,
        quality_score numeric, keypoint_count integer, is_active boolean, created_at timestamptz, usage_count bigint,
        last_used_at timestamptz
    """,
}


async def columns(clone: Connection, relation: str) -> list[str]:
    found = await clone.fetch(
        "SELECT attname || ' ' || format_type(atttypid, atttypmod) AS spec FROM pg_attribute"
        " WHERE attrelid = $1::text::regclass AND attnum > 0 ORDER BY attnum",
        f"public.{relation}",
    )
    return [column["spec"].replace("timestamp with time zone", "timestamptz") for column in found]


@pytest.mark.parametrize("reading", ["definition", "view", "fresh"])
@pytest.mark.parametrize("view", COLUMNS)
async def test_a_reading_has_the_columns_that_were_promised(clone: Connection, view: str, reading: str) -> None:
    assert await columns(clone, f"{view}_{reading}") == " ".join(COLUMNS[view].split()).split(", ")


async def test_there_are_these_six_materialized_views_filled_from_the_start(clone: Connection) -> None:
    found = await clone.fetch("SELECT matviewname, ispopulated FROM pg_matviews WHERE schemaname = 'public'")
    assert {(row["matviewname"], row["ispopulated"]) for row in found} == {(f"{view}_view", True) for view in COLUMNS}


async def test_nothing_in_a_view_is_floating_point(clone: Connection) -> None:
    """Sums of it depend on the order of the rows, and a view would differ from its definition."""
    found = await clone.fetch(
        "SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE relnamespace = 'public'::regnamespace AND atttypid IN ('float4'::regtype, 'float8'::regtype)"
    )
    assert found == []
