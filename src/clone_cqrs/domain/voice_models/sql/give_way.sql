-- Makes a user's active voice model give way to another; activate_voice_model follows in a statement of its own, because the
-- unique index on active models is checked row by row.
-- $1 uuid user_id, $2 uuid id of the other, $3 timestamptz of the command. Rows: none. Locks: the active model's row; the user
-- must be locked by an earlier statement.
UPDATE public.voice_models
SET is_active = false, updated_at = $3
WHERE user_id = $1 AND is_active AND deleted_at IS NULL AND id <> $2
