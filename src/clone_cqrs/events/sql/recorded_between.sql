-- Which positions were recorded in [$1, $2): first and last, null where there are none. $1, $2 timestamptz, or null.
-- recorded_at grows with the position but for overlapping writers and a clock that is set back, so that these are bounds, and
-- rows between them have to be looked at. Locks: none; reads the whole log, because there is no index on the time.
SELECT min(position) AS first, max(position) AS last
FROM cqrs.event
WHERE ($1::timestamptz IS NULL OR recorded_at >= $1) AND ($2::timestamptz IS NULL OR recorded_at < $2)
