-- Whose a session is and how it stands, deleted or not.
-- $1 uuid id. Rows: one or none: user_id, state, is_deleted. Locks: none.
SELECT user_id, state, deleted_at IS NOT NULL AS is_deleted
FROM public.conversation_sessions
WHERE id = $1
