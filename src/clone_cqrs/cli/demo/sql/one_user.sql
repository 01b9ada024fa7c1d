-- The user with the most to see: both kinds of model active, documents, many conversations.
--
-- No parameters. Rows: at most one; id uuid. No locks.
SELECT p.id
FROM user_profile_view p
JOIN user_statistics_view s ON s.user_id = p.id
WHERE p.active_voice_model IS NOT NULL AND p.active_face_model IS NOT NULL
ORDER BY least(s.processed_documents, 3) DESC, s.total_conversations DESC, p.id
LIMIT 1
