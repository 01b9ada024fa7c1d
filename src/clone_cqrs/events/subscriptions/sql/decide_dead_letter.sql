-- A person's decision on a dead letter. Compare-and-set: only a dead letter, and only at the position that was decided on.
-- $1 text subscription, $2 text aggregate_type, $3 text aggregate_id, $4 bigint position, $5 text new state.
-- Row: one if it was done. Locks: the row.
UPDATE cqrs.set_aside SET state = $5, attempts = 0, retry_at = clock_timestamp()
WHERE subscription = $1 AND aggregate_type = $2 AND aggregate_id = $3 AND position = $4 AND state = 'dead'
RETURNING position
