-- Makes a completed face model the active one.
-- $1 uuid user_id, $2 uuid id, $3 timestamptz of the command.
-- Rows: the id; none where there is no such live model of the user, it is not completed, or it is active already.
-- Locks: the model's row; the user must be locked by an earlier statement.
UPDATE public.face_models
SET is_active = true, updated_at = $3
WHERE id = $2 AND user_id = $1 AND status = 'completed' AND NOT is_active AND deleted_at IS NULL
RETURNING id
