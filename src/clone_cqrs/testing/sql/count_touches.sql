-- How often the tables and materialized views of the database were scanned and written in this transaction, and in what its
-- session did shortly before and has not told the server's statistics yet. The toolkit's own are left out.
--
-- $1 text: the value that max_parallel_workers_per_gather has for the rest of the transaction: what a worker scans, its own session
-- counts. Rows: name text, scans bigint, writes bigint; a partition counts as its table. Locks: none beyond a read's own.
SELECT coalesce(root.relname, touched.relname) AS name,
       sum(coalesce(touched.seq_scan, 0) + coalesce(touched.idx_scan, 0))::bigint AS scans,
       sum(touched.n_tup_ins + touched.n_tup_upd + touched.n_tup_del)::bigint AS writes
FROM set_config('max_parallel_workers_per_gather', $1, true), pg_stat_xact_user_tables touched
LEFT JOIN pg_class root ON root.oid = pg_partition_root(touched.relid)
WHERE touched.schemaname <> 'cqrs'
GROUP BY 1
