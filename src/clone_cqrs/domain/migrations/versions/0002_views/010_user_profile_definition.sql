-- A live user with their active models and counts. Every definition is one row of one driving table and correlated
-- subqueries, so that a single key can be computed without the others.
--
-- recent_conversation_count: 720 hours, because '30 days' depends on the session's time zone; no upper bound, so that a
-- clock that runs ahead of the server's does not hide a conversation that has just begun.
CREATE VIEW public.user_profile_definition AS
SELECT
    u.id,
    u.email,
    u.name,
    u.created_at,
    u.updated_at,
    u.personality_traits,
    u.speaking_style,
    u.subscription_tier,
    u.conversation_minutes_used,
    (
        SELECT jsonb_build_object(
            'id', v.id,
            'provider', v.provider,
            'quality_score', v.quality_score,
            -- A timestamptz would be written in the zone of whoever refreshes, or reads.
            'created_at', to_char(v.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        )
        FROM public.voice_models v
        WHERE v.user_id = u.id AND v.is_active AND v.deleted_at IS NULL
        ORDER BY v.created_at DESC, v.id
        LIMIT 1
    ) AS active_voice_model,
    (
        SELECT jsonb_build_object(
            'id', f.id,
            'quality_score', f.quality_score,
            'resolution', jsonb_build_object('width', f.resolution_width, 'height', f.resolution_height),
            'created_at', to_char(f.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        )
        FROM public.face_models f
        WHERE f.user_id = u.id AND f.is_active AND f.deleted_at IS NULL
        ORDER BY f.created_at DESC, f.id
        LIMIT 1
    ) AS active_face_model,
    (
        SELECT count(*)
        FROM public.knowledge_documents d
        WHERE d.user_id = u.id AND d.deleted_at IS NULL
    ) AS document_count,
    (
        SELECT count(*)
        FROM public.conversation_sessions s
        WHERE s.user_id = u.id AND s.deleted_at IS NULL AND s.started_at >= now() - interval '720 hours'
    ) AS recent_conversation_count
FROM public.users u
WHERE u.deleted_at IS NULL
