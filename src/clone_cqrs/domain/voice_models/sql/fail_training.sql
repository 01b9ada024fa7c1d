-- Puts down why training failed.
-- $1 uuid user_id, $2 uuid id, $3 text error_message, $4 text error_code, $5 timestamptz of the command.
-- Rows: the id; none where there is no such live model of the user, or it is not in training. Locks: the model's row.
UPDATE public.voice_models
SET status = 'failed', error_message = $3, error_code = $4, updated_at = $5
WHERE id = $2 AND user_id = $1 AND status = 'training' AND deleted_at IS NULL
RETURNING id
