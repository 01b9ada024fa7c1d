-- What subscriptions hold back, by filter; every filter may be null.
-- $1 text subscription, $2 bigint position, $3 text event_type, $4 text aggregate_id, $5 text[] states.
-- Rows in order of subscription and position, with the event's content where it is still in the log.
SELECT s.subscription, s.position, s.event_id, s.event_type, s.aggregate_type, s.aggregate_id, s.state, s.attempts, s.retry_at,
       s.error, s.trace, s.set_aside_at, e.version, e."timestamp", e.payload, e.metadata
FROM cqrs.set_aside s LEFT JOIN cqrs.event e USING (position)
WHERE ($1::text IS NULL OR s.subscription = $1) AND ($2::bigint IS NULL OR s.position = $2)
  AND ($3::text IS NULL OR s.event_type = $3) AND ($4::text IS NULL OR s.aggregate_id = $4) AND s.state = ANY ($5::text[])
ORDER BY s.subscription, s.position
