-- A new session with a completed voice model of the user's own, and a face model likewise, if one is given.
-- $1 uuid id, $2 uuid user_id, $3 uuid voice_model_id, $4 uuid face_model_id or null, $5 text llm_provider,
-- $6 text tts_provider, $7 timestamptz of the command.
-- Rows: the id; none where there is no such live user, a model is not theirs or not completed, or the id is taken.
-- Locks: the user's row and the models' rows, against deletion.
WITH owner AS (
    SELECT id FROM public.users WHERE id = $2 AND deleted_at IS NULL FOR KEY SHARE
)
INSERT INTO public.conversation_sessions
    (id, user_id, voice_model_id, face_model_id, llm_provider, tts_provider, started_at)
SELECT $1, owner.id, $3, $4, $5, $6, $7
FROM owner
WHERE EXISTS (
        SELECT FROM public.voice_models v
        WHERE v.id = $3 AND v.user_id = $2 AND v.status = 'completed' AND v.deleted_at IS NULL
    )
    AND ($4::uuid IS NULL OR EXISTS (
        SELECT FROM public.face_models f
        WHERE f.id = $4 AND f.user_id = $2 AND f.status = 'completed' AND f.deleted_at IS NULL
    ))
ON CONFLICT (id) DO NOTHING
RETURNING id
