-- The next event of an aggregate that a subscription wants, after one position and up to another.
-- $1 text aggregate_type, $2 text aggregate_id, $3 bigint after, $4 bigint up to and with, $5 text[] wanted types, null for all.
SELECT position, event_id, event_type FROM cqrs.event
WHERE aggregate_id = $2 AND aggregate_type = $1 AND position > $3 AND position <= $4
  AND ($5::text[] IS NULL OR event_type = ANY ($5))
ORDER BY version LIMIT 1
