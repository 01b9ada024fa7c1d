-- A user's face models after a place, newest first.
-- $1 uuid user_id, $2 timestamptz and $3 uuid of the place, or nulls, $4 integer limit. Rows: at most $4. Locks: none.
SELECT id, user_id, model_path, resolution_width, resolution_height, quality_score, keypoint_count, is_active, created_at,
       usage_count, last_used_at
FROM public.face_model_summary_fresh_list($1, $4, $2, $3)
ORDER BY created_at DESC, id DESC
