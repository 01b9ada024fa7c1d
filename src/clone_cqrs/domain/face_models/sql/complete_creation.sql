-- Puts down what processing has yielded; the user's first completed model becomes the active one.
-- $1 uuid user_id, $2 uuid id, $3 text model_path, $4 numeric quality_score, $5 integer resolution_width,
-- $6 integer resolution_height, $7 integer keypoint_count, $8 bigint processing_duration_ms, $9 timestamptz of the command.
-- Rows: is_active; none where there is no such live model of the user, or it is not being processed.
-- Locks: the model's row. The user must be locked by an earlier statement, so that of two models that complete at the same
-- time one sees the other.
UPDATE public.face_models m
SET status = 'completed',
    model_path = $3,
    quality_score = $4,
    resolution_width = $5,
    resolution_height = $6,
    keypoint_count = $7,
    processing_duration_ms = $8,
    updated_at = $9,
    is_active = NOT EXISTS (
        SELECT FROM public.face_models o WHERE o.user_id = $1 AND o.status = 'completed' AND o.deleted_at IS NULL
    )
WHERE m.id = $2 AND m.user_id = $1 AND m.status = 'processing' AND m.deleted_at IS NULL
RETURNING m.is_active
