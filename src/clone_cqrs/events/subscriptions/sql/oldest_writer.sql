-- The session, or the prepared transaction, that has held the log's lock for longest. No parameters.
-- Row: pid, application, state, query, age_s; for a prepared transaction its gid instead. Others' queries need pg_read_all_stats.
SELECT a.pid, a.application_name AS application, a.state, left(a.query, 200) AS query,
       extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, p.prepared))::float8 AS age_s, p.gid
FROM cqrs.log_holders() h
LEFT JOIN pg_stat_activity a ON a.pid = h.pid
LEFT JOIN pg_locks l ON l.virtualtransaction = h.holder AND l.locktype = 'transactionid' AND h.pid IS NULL
LEFT JOIN pg_prepared_xacts p ON p.transaction = l.transactionid AND p.database = current_database()
WHERE h.holder IS NOT NULL
ORDER BY coalesce(a.xact_start, p.prepared) LIMIT 1
