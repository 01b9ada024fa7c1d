-- Keep what a refresh of a view with a fresh reading took, and how often the view had been read by then.
--
-- $1 text: schema and name, with a dot between; $2 float8: seconds; $3 text: the name, quoted. Rows: none; for a view without a
-- fresh reading, nothing happens. Locks: the view's row.
UPDATE cqrs.view
SET refreshed_at = clock_timestamp(),
    refresh_seconds = $2,
    reads_then = (
        SELECT coalesce(u.seq_scan, 0) + coalesce(u.idx_scan, 0)
        FROM pg_catalog.pg_stat_all_tables AS u
        WHERE u.relid = pg_catalog.to_regclass($3)
    )
WHERE name = $1
