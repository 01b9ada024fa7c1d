-- Waits for turns that are being recorded in a user's open sessions, before these are ended. See delete_what_users_own.
-- $1 uuid user_id. Rows: none of interest. Locks: the rows of the user's open sessions.
SELECT id
FROM public.conversation_sessions
WHERE user_id = $1 AND state = 'active' AND deleted_at IS NULL
ORDER BY id
FOR UPDATE
