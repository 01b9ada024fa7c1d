-- A new voice model, in training.
-- $1 uuid id, $2 uuid user_id, $3 text provider, $4 text[] audio_samples, $5 timestamptz of the command.
-- Rows: the id, or none where there is no such live user or the id is taken.
-- Locks: the user's row, against deletion.
WITH owner AS (
    SELECT id FROM public.users WHERE id = $2 AND deleted_at IS NULL FOR KEY SHARE
)
INSERT INTO public.voice_models (id, user_id, provider, audio_samples, created_at, updated_at)
SELECT $1, owner.id, $3, $4, $5, $5
FROM owner
ON CONFLICT (id) DO NOTHING
RETURNING id
