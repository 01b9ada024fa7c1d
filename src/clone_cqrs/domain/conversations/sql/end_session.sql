-- Ends an open session and adds its minutes, rounded up, to the user's.
-- $1 uuid user_id, $2 uuid id, $3 timestamptz of the command.
-- Rows: duration_seconds, total_turns, total_cost, average_latency_ms (null without turns); none where $3 lies before the start
-- or the last turn. Locks: none that lock_session has not taken; it must come first, because the turns are read in this
-- statement's snapshot.
WITH turns AS (
    SELECT
        count(*) AS total_turns,
        coalesce(sum(cost), 0) AS total_cost,
        avg(latency_ms) AS average_latency_ms,
        max(timestamp) AS last_turn_at
    FROM public.conversation_turns
    WHERE session_id = $2
), ended AS (
    UPDATE public.conversation_sessions s
    SET state = 'ended', ended_at = $3, duration_seconds = floor(extract(epoch FROM $3::timestamptz - s.started_at))
    FROM turns
    WHERE s.id = $2 AND s.user_id = $1 AND s.state = 'active' AND s.deleted_at IS NULL
        AND $3 >= greatest(s.started_at, turns.last_turn_at)
    RETURNING s.duration_seconds
), used AS (
    UPDATE public.users
    SET conversation_minutes_used = conversation_minutes_used + ceil(ended.duration_seconds / 60.0)
    FROM ended
    WHERE id = $1
)
SELECT ended.duration_seconds, turns.total_turns, turns.total_cost, turns.average_latency_ms
FROM ended, turns
