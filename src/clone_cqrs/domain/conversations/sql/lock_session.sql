-- Locks a session that is to be ended, and first its user, to whom the minutes are added: in the order of user.delete.
-- $1 uuid user_id, $2 uuid id. Rows: state; none where there is no such live session of the user.
-- Locks: the user's row, then the session's, which waits for turns that are being recorded.
WITH owner AS (
    SELECT id FROM public.users WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE
)
SELECT s.state
FROM owner
JOIN public.conversation_sessions s ON s.user_id = owner.id
WHERE s.id = $2 AND s.deleted_at IS NULL
FOR NO KEY UPDATE OF s
