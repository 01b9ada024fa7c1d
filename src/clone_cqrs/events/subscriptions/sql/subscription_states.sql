-- The state of every partition of every subscription, and what it waits for. No parameters.
-- Rows: name, partition, checkpoint, head (highest visible position), lag_s (age of the first event not handled), owner,
-- owned (the lease is alive), retrying, dead (held back aggregates), and of the first of these position, event_type, aggregate.
SELECT s.name, s.partition, s.checkpoint, h.head, s.owner, coalesce(s.lease_until > clock_timestamp(), false) AS owned,
       coalesce(extract(epoch FROM clock_timestamp() - n.recorded_at), 0)::float8 AS lag_s,
       a.retrying, a.dead, f.position AS held_position, f.event_type AS held_event_type, f.aggregate_type AS held_aggregate_type,
       f.aggregate_id AS held_aggregate_id, f.state AS held_state, f.error AS held_error
FROM cqrs.subscription s
CROSS JOIN (SELECT coalesce(max(position), 0) AS head FROM cqrs.event) h
LEFT JOIN LATERAL (SELECT e.recorded_at FROM cqrs.event e WHERE e.position > s.checkpoint ORDER BY e.position LIMIT 1) n ON true
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE x.state <> 'dead') AS retrying, count(*) FILTER (WHERE x.state = 'dead') AS dead
    FROM cqrs.set_aside x WHERE x.subscription = s.name AND x.partition = s.partition) a
LEFT JOIN LATERAL (
    SELECT * FROM cqrs.set_aside x WHERE x.subscription = s.name AND x.partition = s.partition ORDER BY x.position LIMIT 1) f ON true
ORDER BY s.name, s.partition
