-- No statement that runs in this database, nor any later one, has a snapshot with an older xmin.
--
-- The caller's own statement counts: whatever takes its snapshot after this one was taken is no older. To be called in the
-- statement that acts on it. The xids of pg_stat_activity lack their upper half, which is that of the snapshot's or one less.
CREATE FUNCTION cqrs.oldest_snapshot() RETURNS xid8
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
SELECT least(
    pg_snapshot_xmin(pg_current_snapshot()),
    min((c.newest - ((c.newest - b.backend_xmin::text::bigint) & 4294967295))::text::xid8)
)
FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS newest) AS c
LEFT JOIN pg_stat_activity AS b
    ON b.backend_xmin IS NOT NULL AND b.pid <> pg_backend_pid() AND b.datname = current_database()
$$
