-- The last position recorded before a time; 0 when there is none. $1 timestamptz. Locks: none.
-- recorded_at grows with the position but for overlapping writers, so that this is where to begin, not a border.
SELECT coalesce((SELECT position FROM cqrs.event WHERE recorded_at < $1 ORDER BY position DESC LIMIT 1), 0)
