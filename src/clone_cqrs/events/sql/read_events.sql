-- The next rows of the log after a position, whatever may still be missing between them.
-- $1 bigint after, $2 bigint up to and with, or null, $3 integer at most so many, $4 text[] event types whose content is wanted,
-- or null for all: positions come back for every row, because contiguity is a property of the whole log.
-- Rows in order of position. Locks: none; one index range.
SELECT position, aggregate_type, aggregate_id, event_type,
       CASE WHEN $4::text[] IS NULL OR event_type = ANY ($4) THEN event_id END AS event_id,
       version, "timestamp", recorded_at,
       CASE WHEN $4::text[] IS NULL OR event_type = ANY ($4) THEN payload END AS payload,
       CASE WHEN $4::text[] IS NULL OR event_type = ANY ($4) THEN metadata END AS metadata
FROM cqrs.event
WHERE position > $1 AND ($2::bigint IS NULL OR position <= $2)
ORDER BY position
LIMIT $3
