-- One aggregate's events in order. $1 text aggregate_id, $2 text aggregate_type, $3 bigint after which version, $4 bigint after
-- which position, $5 integer at most so many. Rows as the log has them. Locks: none; one index range.
SELECT position, aggregate_type, aggregate_id, event_type, event_id, version, "timestamp", recorded_at, payload, metadata
FROM cqrs.event
WHERE aggregate_id = $1 AND aggregate_type = $2 AND version > $3 AND position > $4
ORDER BY version
LIMIT $5
