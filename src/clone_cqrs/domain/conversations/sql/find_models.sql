-- How the models stand that a session is to be started with.
-- $1 uuid user_id, $2 uuid voice_model_id, $3 uuid face_model_id or null.
-- Row: voice_status, face_status; null where there is no such live model of the user. Locks: none.
SELECT
    (SELECT status FROM public.voice_models WHERE id = $2 AND user_id = $1 AND deleted_at IS NULL) AS voice_status,
    (SELECT status FROM public.face_models WHERE id = $3 AND user_id = $1 AND deleted_at IS NULL) AS face_status
