-- Whose a face model is and how it stands, deleted or not.
-- $1 uuid id. Rows: one or none: user_id, status, is_active, is_deleted. Locks: none.
SELECT user_id, status, is_active, deleted_at IS NOT NULL AS is_deleted
FROM public.face_models
WHERE id = $1
