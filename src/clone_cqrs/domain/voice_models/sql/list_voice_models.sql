-- A user's voice models after a place, newest first.
-- $1 uuid user_id, $2 timestamptz and $3 uuid of the place, or nulls, $4 integer limit. Rows: at most $4. Locks: none.
SELECT id, user_id, provider, model_path, sample_rate, quality_score, is_active, created_at, usage_count, last_used_at
FROM public.voice_model_summary_fresh_list($1, $4, $2, $3)
ORDER BY created_at DESC, id DESC
