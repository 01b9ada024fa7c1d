-- What is kept of a view with a fresh reading, and what its upkeep is decided by.
--
-- $1 text: schema and name, with a dot between; $2 text: the same, quoted. Rows: one, or none for a view without a fresh
-- reading; rows and changes float8, by the server's own estimates; reads bigint since the last refresh by the library;
-- refresh_seconds and since_refresh float8, in seconds, null before the first. No locks.
SELECT
    greatest(m.reltuples, 0)::float8 AS rows,
    coalesce(k.n_live_tup, 0)::float8 AS changes,
    greatest(coalesce(u.seq_scan, 0) + coalesce(u.idx_scan, 0) - coalesce(v.reads_then, 0), 0)::bigint AS reads,
    v.refresh_seconds,
    extract(epoch FROM clock_timestamp() - v.refreshed_at)::float8 AS since_refresh
FROM cqrs.view AS v
JOIN pg_catalog.pg_class AS m ON m.oid = pg_catalog.to_regclass($2)
LEFT JOIN pg_catalog.pg_stat_all_tables AS u ON u.relid = m.oid
LEFT JOIN pg_catalog.pg_stat_all_tables AS k ON k.relid = v.changes
WHERE v.name = $1
