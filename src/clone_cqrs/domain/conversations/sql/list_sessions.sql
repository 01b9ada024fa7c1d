-- A user's sessions after a place, newest first.
-- $1 uuid user_id, $2 timestamptz and $3 uuid of the place, or nulls, $4 integer limit,
-- $5 timestamptz start or null, $6 timestamptz end or null: started in [start, end). Rows: at most $4. Locks: none.
SELECT id, user_id, started_at, ended_at, duration_seconds, state, llm_provider, tts_provider, voice_model_id, face_model_id,
       turn_count, avg_latency_ms, total_cost, first_turn_at, last_turn_at
FROM public.conversation_session_summary_fresh_list(
    $1, $4,
    CASE WHEN $2::timestamptz < $6::timestamptz OR $6 IS NULL THEN $2 ELSE $6 END,
    -- No id is less than this: from the end on backwards, without what started at the end.
    CASE WHEN $2 < $6 OR $6 IS NULL THEN $3::uuid ELSE '00000000-0000-0000-0000-000000000000' END
)
-- The rows that are cut off are the last ones.
WHERE started_at >= coalesce($5::timestamptz, '-infinity')
ORDER BY started_at DESC, id DESC
