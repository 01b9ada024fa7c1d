-- A user's figures.
-- $1 uuid user_id. Rows: one or none. Locks: none.
SELECT user_id, total_conversations, total_conversation_seconds, avg_conversation_seconds, total_turns, total_cost,
       total_documents, processed_documents, total_voice_models, total_face_models, last_activity_at
FROM public.user_statistics_fresh
WHERE user_id = $1
