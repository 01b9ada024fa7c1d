-- A user's newest sessions.
--
-- $1 uuid: a user. Rows: at most five. No locks.
SELECT
    started_at,
    state,
    llm_provider,
    tts_provider,
    turn_count,
    duration_seconds,
    round(avg_latency_ms, 1) AS avg_latency_ms,
    total_cost
FROM conversation_session_summary_view
WHERE user_id = $1
ORDER BY started_at DESC, id
LIMIT 5
