-- One event. $1 bigint position.
SELECT position, aggregate_type, aggregate_id, event_type, event_id, version, "timestamp", recorded_at, payload, metadata
FROM cqrs.event WHERE position = $1
