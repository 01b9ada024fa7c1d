-- A live face model of any status, and how often and when last a session was started with it.
CREATE VIEW public.face_model_summary_definition AS
SELECT
    m.id,
    m.user_id,
    m.model_path,
    m.resolution_width,
    m.resolution_height,
    m.quality_score,
    m.keypoint_count,
    m.is_active,
    m.created_at,
    sessions.usage_count,
    sessions.last_used_at
FROM public.face_models m
CROSS JOIN LATERAL (
    SELECT
        count(*) AS usage_count,
        max(s.started_at) AS last_used_at
    FROM public.conversation_sessions s
    WHERE s.face_model_id = m.id AND s.deleted_at IS NULL
) sessions
WHERE m.deleted_at IS NULL
