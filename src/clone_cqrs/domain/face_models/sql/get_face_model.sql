-- A user's face model.
-- $1 uuid user_id, $2 uuid id. Rows: one or none. Locks: none.
SELECT id, user_id, model_path, resolution_width, resolution_height, quality_score, keypoint_count, is_active, created_at,
       usage_count, last_used_at
FROM public.face_model_summary_fresh
WHERE id = $2 AND user_id = $1
