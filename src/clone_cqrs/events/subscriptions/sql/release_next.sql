-- Moves a held back aggregate on to its next event, to be handled now.
-- $1 text subscription, $2 text aggregate_type, $3 text aggregate_id, $4 bigint position, $5 uuid event_id, $6 text event_type.
UPDATE cqrs.set_aside
SET position = $4, event_id = $5, event_type = $6, state = 'released', attempts = 0, retry_at = clock_timestamp(), error = NULL,
    trace = NULL
WHERE subscription = $1 AND aggregate_type = $2 AND aggregate_id = $3
