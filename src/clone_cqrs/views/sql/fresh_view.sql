-- What is kept of a view with a fresh reading and of those that share its changes, and what their upkeep is decided by.
--
-- $1 text: schema and name of the view, with a dot between. Rows: one for each, this view's first; none for a view without a
-- fresh reading. schema, name text; rows and changes float8, estimates; reads bigint since the last refresh by the library;
-- refresh_seconds float8, null before the first, since_refresh float8, of the last one by whomever; unswept boolean. No locks.
SELECT
    n.nspname::text AS schema,
    m.relname::text AS name,
    greatest(m.reltuples, 0)::float8 AS rows,
    cqrs.count_changes(v.name) AS changes,
    greatest(coalesce(u.seq_scan, 0) + coalesce(u.idx_scan, 0) - coalesce(v.reads_then, 0), 0)::bigint AS reads,
    v.refresh_seconds,
    extract(epoch FROM clock_timestamp() - greatest(v.refreshed_at, s.filled_at))::float8 AS since_refresh,
    coalesce(v.waits_for IS NOT NULL OR s.filled_at > v.swept_at OR v.swept_at IS NULL, false) AS unswept
FROM cqrs.view AS v
JOIN pg_catalog.pg_class AS m ON m.relkind = 'm'
JOIN pg_catalog.pg_namespace AS n ON n.oid = m.relnamespace AND n.nspname || '.' || m.relname = v.name
LEFT JOIN cqrs.view_stamp AS s ON s.view = v.name
LEFT JOIN pg_catalog.pg_stat_all_tables AS u ON u.relid = m.oid
WHERE v.changes = (SELECT k.changes FROM cqrs.view AS k WHERE k.name = $1)
ORDER BY v.name <> $1, v.name
