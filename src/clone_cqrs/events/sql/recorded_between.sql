-- Which positions were recorded in [$1, $2): first and last, null where there are none. $1, $2 timestamptz, or null.
-- recorded_at grows with the position but for overlapping writers and a clock that is set back, so that these are bounds, and
-- rows between them have to be looked at. Locks: none; the index event_by_time, and the pages that it names.
-- `position + 0`, because the planner else walks the primary key from its end, in the belief that times are spread evenly, and
-- reads all of the log that lies before the span.
SELECT min(position + 0) AS first, max(position + 0) AS last
FROM cqrs.event
WHERE recorded_at >= coalesce($1::timestamptz, '-infinity') AND recorded_at < coalesce($2::timestamptz, 'infinity')
