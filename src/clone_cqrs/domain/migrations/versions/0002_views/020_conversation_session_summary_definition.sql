-- A live session with what its turns amount to; without turns there are no average, no cost and no times (null), and the
-- count is 0.
CREATE VIEW public.conversation_session_summary_definition AS
SELECT
    s.id,
    s.user_id,
    s.started_at,
    s.ended_at,
    s.duration_seconds,
    s.state,
    s.llm_provider,
    s.tts_provider,
    s.voice_model_id,
    s.face_model_id,
    turns.turn_count,
    turns.avg_latency_ms,
    turns.total_cost,
    turns.first_turn_at,
    turns.last_turn_at
FROM public.conversation_sessions s
CROSS JOIN LATERAL (
    SELECT
        count(*) AS turn_count,
        avg(t.latency_ms) AS avg_latency_ms,
        sum(t.cost) AS total_cost,
        min(t.timestamp) AS first_turn_at,
        max(t.timestamp) AS last_turn_at
    FROM public.conversation_turns t
    WHERE t.session_id = s.id
) turns
WHERE s.deleted_at IS NULL
