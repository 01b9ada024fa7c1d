-- What a partition holds back. $1 text subscription, $2 integer partition. Rows in order of position; due_s: seconds until the
-- next attempt, negative when it is due.
SELECT aggregate_type, aggregate_id, position, event_id, event_type, state, attempts,
       extract(epoch FROM retry_at - clock_timestamp())::float8 AS due_s
FROM cqrs.set_aside WHERE subscription = $1 AND partition = $2 ORDER BY position
