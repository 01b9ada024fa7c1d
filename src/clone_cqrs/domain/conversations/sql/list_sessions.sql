-- A user's sessions after a place, newest first.
-- $1 uuid user_id, $2 timestamptz and $3 uuid of the place, or nulls, $4 integer limit,
-- $5 timestamptz start or null, $6 timestamptz end or null: started in [start, end). Rows: at most $4. Locks: none.
SELECT id, user_id, started_at, ended_at, duration_seconds, state, llm_provider, tts_provider, voice_model_id, face_model_id,
       turn_count, avg_latency_ms, total_cost, first_turn_at, last_turn_at
FROM public.conversation_session_summary_fresh
WHERE user_id = $1
  AND (started_at, id) < (
      coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  )
  AND started_at >= coalesce($5::timestamptz, '-infinity') AND started_at < coalesce($6::timestamptz, 'infinity')
ORDER BY started_at DESC, id DESC
LIMIT $4
