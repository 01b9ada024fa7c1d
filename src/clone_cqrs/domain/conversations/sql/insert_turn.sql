-- A turn of an open session.
-- $1 uuid id, $2 uuid user_id, $3 uuid session_id, $4 timestamptz of the command, $5 text user_transcript,
-- $6 text system_response, $7 bigint latency_ms, $8 numeric cost, $9 text[] retrieved_chunks.
-- Rows: the id; none where there is no such live session of the user, it is not open, or the id is taken.
-- Locks: the session's row, against its end and deletion; turns do not wait for each other here. Not the user's: who deletes a
-- user locks the open sessions before looking at their turns.
WITH session AS (
    SELECT id
    FROM public.conversation_sessions
    WHERE id = $3 AND user_id = $2 AND state = 'active' AND deleted_at IS NULL
    FOR SHARE
)
INSERT INTO public.conversation_turns
    (id, session_id, timestamp, user_transcript, system_response, latency_ms, cost, retrieved_chunks)
SELECT $1, session.id, $4, $5, $6, $7, $8, $9
FROM session
ON CONFLICT (id) DO NOTHING
RETURNING id
