-- Marks a user's sessions, models and documents as deleted.
-- $1 uuid user_id, $2 timestamptz of the command. Rows: none. Locks: their rows.
WITH sessions AS (
    UPDATE public.conversation_sessions SET deleted_at = $2 WHERE user_id = $1 AND deleted_at IS NULL
), voice_models AS (
    UPDATE public.voice_models SET deleted_at = $2 WHERE user_id = $1 AND deleted_at IS NULL
), face_models AS (
    UPDATE public.face_models SET deleted_at = $2 WHERE user_id = $1 AND deleted_at IS NULL
)
UPDATE public.knowledge_documents SET deleted_at = $2 WHERE user_id = $1 AND deleted_at IS NULL
