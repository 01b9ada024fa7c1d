-- Whose a turn is, deleted with its session or not.
-- $1 uuid id. Rows: one or none: user_id, is_deleted. Locks: none.
SELECT s.user_id, s.deleted_at IS NOT NULL AS is_deleted
FROM public.conversation_turns t
JOIN public.conversation_sessions s ON s.id = t.session_id
WHERE t.id = $1
