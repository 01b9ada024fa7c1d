-- How the upkeep of all views with a fresh reading stands.
--
-- No parameters. Rows: one for each, in order of name; changes float8, by the server's own estimate; since_refresh and
-- since_sweep float8, in seconds, null before the first; swept bigint, by the last sweep. No locks.
SELECT
    v.name AS view,
    coalesce(k.n_live_tup, 0)::float8 AS changes,
    extract(epoch FROM clock_timestamp() - v.refreshed_at)::float8 AS since_refresh,
    extract(epoch FROM clock_timestamp() - v.swept_at)::float8 AS since_sweep,
    v.swept,
    v.waits_for
FROM cqrs.view AS v
LEFT JOIN pg_catalog.pg_stat_all_tables AS k ON k.relid = v.changes
ORDER BY v.name
