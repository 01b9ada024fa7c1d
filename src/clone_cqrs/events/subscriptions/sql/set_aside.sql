-- Holds an aggregate back at an event that failed; also when it failed again.
-- $1 text subscription, $2 integer partition, $3 text aggregate_type, $4 text aggregate_id, $5 bigint position, $6 uuid event_id,
-- $7 text event_type, $8 text state, $9 integer attempts, $10 interval until the next attempt, $11 text error, $12 text trace.
-- Locks: the row.
INSERT INTO cqrs.set_aside AS s
    (subscription, partition, aggregate_type, aggregate_id, position, event_id, event_type, state, attempts, retry_at, error, trace)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp() + $10::interval, $11, $12)
ON CONFLICT (subscription, aggregate_id, aggregate_type) DO UPDATE
SET position = excluded.position, event_id = excluded.event_id, event_type = excluded.event_type, state = excluded.state,
    attempts = excluded.attempts, retry_at = excluded.retry_at, error = excluded.error, trace = excluded.trace
