-- What a live user has done so far; without anything every figure is 0 and the last activity is the user's own.
CREATE VIEW public.user_statistics_definition AS
SELECT
    u.id AS user_id,
    conversations.total_conversations,
    conversations.total_conversation_seconds,
    conversations.avg_conversation_seconds,
    turns.total_turns,
    turns.total_cost,
    documents.total_documents,
    documents.processed_documents,
    (
        SELECT count(*)
        FROM public.voice_models v
        WHERE v.user_id = u.id AND v.deleted_at IS NULL
    ) AS total_voice_models,
    (
        SELECT count(*)
        FROM public.face_models f
        WHERE f.user_id = u.id AND f.deleted_at IS NULL
    ) AS total_face_models,
    -- greatest() passes over nulls.
    greatest(u.updated_at, conversations.last_started_at, documents.last_uploaded_at) AS last_activity_at
FROM public.users u
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total_conversations,
        coalesce(sum(s.duration_seconds), 0)::bigint AS total_conversation_seconds,
        coalesce(avg(s.duration_seconds), 0) AS avg_conversation_seconds,
        max(s.started_at) AS last_started_at
    FROM public.conversation_sessions s
    WHERE s.user_id = u.id AND s.deleted_at IS NULL
) conversations
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total_turns,
        coalesce(sum(t.cost), 0) AS total_cost
    FROM public.conversation_sessions s
    JOIN public.conversation_turns t ON t.session_id = s.id
    WHERE s.user_id = u.id AND s.deleted_at IS NULL
) turns
CROSS JOIN LATERAL (
    SELECT
        count(*) AS total_documents,
        count(*) FILTER (WHERE d.status = 'completed') AS processed_documents,
        max(d.uploaded_at) AS last_uploaded_at
    FROM public.knowledge_documents d
    WHERE d.user_id = u.id AND d.deleted_at IS NULL
) documents
WHERE u.deleted_at IS NULL
