-- One aggregate's events in order. $1 text aggregate_id, $2 text aggregate_type or null for any, $3 bigint after which version,
-- $4 integer at most so many. Rows as the log has them. Locks: none; one index range.
SELECT position, aggregate_type, aggregate_id, event_type, event_id, version, "timestamp", recorded_at, payload, metadata
FROM cqrs.event
WHERE aggregate_id = $1 AND ($2::text IS NULL OR aggregate_type = $2) AND version > $3
ORDER BY aggregate_type, version
LIMIT $4
