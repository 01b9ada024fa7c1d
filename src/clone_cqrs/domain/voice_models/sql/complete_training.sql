-- Puts down what training has yielded; the user's first completed model becomes the active one.
-- $1 uuid user_id, $2 uuid id, $3 text model_path, $4 numeric quality_score, $5 integer sample_rate,
-- $6 bigint training_duration_ms, $7 timestamptz of the command.
-- Rows: provider, is_active; none where there is no such live model of the user, or it is not in training.
-- Locks: the model's row. The user must be locked by an earlier statement, so that of two models that complete at the same
-- time one sees the other.
UPDATE public.voice_models m
SET status = 'completed',
    model_path = $3,
    quality_score = $4,
    sample_rate = $5,
    training_duration_ms = $6,
    updated_at = $7,
    is_active = NOT EXISTS (
        SELECT FROM public.voice_models o WHERE o.user_id = $1 AND o.status = 'completed' AND o.deleted_at IS NULL
    )
WHERE m.id = $2 AND m.user_id = $1 AND m.status = 'training' AND m.deleted_at IS NULL
RETURNING m.provider, m.is_active
