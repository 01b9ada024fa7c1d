-- $1 uuid: a user. Rows: at most one. No locks.
SELECT
    total_conversations,
    total_conversation_seconds,
    round(avg_conversation_seconds, 1) AS avg_conversation_seconds,
    total_turns,
    total_cost,
    total_documents,
    processed_documents,
    total_voice_models,
    last_activity_at
FROM user_statistics_view
WHERE user_id = $1
