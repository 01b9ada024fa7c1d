-- A user's voice model.
-- $1 uuid user_id, $2 uuid id. Rows: one or none. Locks: none.
SELECT id, user_id, provider, model_path, sample_rate, quality_score, is_active, created_at, usage_count, last_used_at
FROM public.voice_model_summary_fresh
WHERE id = $2 AND user_id = $1
