-- A user's session.
-- $1 uuid user_id, $2 uuid id. Rows: one or none. Locks: none.
SELECT id, user_id, started_at, ended_at, duration_seconds, state, llm_provider, tts_provider, voice_model_id, face_model_id,
       turn_count, avg_latency_ms, total_cost, first_turn_at, last_turn_at
FROM public.conversation_session_summary_fresh
WHERE id = $2 AND user_id = $1
