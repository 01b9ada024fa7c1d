-- Ends a deleted user's open sessions and adds their minutes: a session ends with the command, or with its last turn (its
-- start) where that is later.
-- $1 uuid user_id, $2 timestamptz of the command. Rows: none.
-- Locks: none that lock_open_sessions has not taken; it must come first, because the last turn is looked up in this
-- statement's snapshot.
WITH ended AS (
    UPDATE public.conversation_sessions s
    SET state = 'ended',
        ended_at = ending.at,
        duration_seconds = floor(extract(epoch FROM ending.at - s.started_at))
    FROM (
        SELECT o.id, greatest($2, o.started_at, (
            SELECT max(t.timestamp) FROM public.conversation_turns t WHERE t.session_id = o.id
        )) AS at
        FROM public.conversation_sessions o
        WHERE o.user_id = $1 AND o.state = 'active' AND o.deleted_at IS NULL
    ) ending
    WHERE s.id = ending.id
    RETURNING s.duration_seconds
)
UPDATE public.users
SET conversation_minutes_used = conversation_minutes_used + (SELECT coalesce(sum(ceil(duration_seconds / 60.0)), 0) FROM ended)
WHERE id = $1
