-- Transactions that have been open for long: they keep changes of views from being swept, and may hold the log.
-- $1 float8: seconds. Rows: what ("session 12 (psql, idle in transaction)", or "prepared transaction 'x'"), age_s. Locks: none.
SELECT format('session %s (%s, %s)', a.pid, coalesce(nullif(a.application_name, ''), 'no name'), coalesce(a.state, '?')) AS what,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS age_s
FROM pg_stat_activity AS a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
  AND a.xact_start < clock_timestamp() - make_interval(secs => $1)
UNION ALL
SELECT format('prepared transaction %L', x.gid), extract(epoch FROM clock_timestamp() - x.prepared)::float8
FROM pg_prepared_xacts AS x
WHERE x.database = current_database() AND x.prepared < clock_timestamp() - make_interval(secs => $1)
ORDER BY 2 DESC
