-- The turns of a user's session after a place, oldest first.
-- $1 uuid user_id, $2 uuid session_id, $3 timestamptz and $4 uuid of the place, or nulls, $5 integer limit.
-- Rows: at most $5. Locks: none.
SELECT t.id, t.session_id, t.timestamp, t.user_transcript, t.system_response, t.latency_ms, t.cost, t.retrieved_chunks
FROM public.conversation_turns t
JOIN public.conversation_sessions s ON s.id = t.session_id
WHERE t.session_id = $2 AND s.user_id = $1 AND s.deleted_at IS NULL
  AND (t.timestamp, t.id) > (
      coalesce($3::timestamptz, '-infinity'), coalesce($4::uuid, '00000000-0000-0000-0000-000000000000')
  )
ORDER BY t.timestamp, t.id
LIMIT $5
