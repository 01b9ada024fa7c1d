-- Whether pg_stat_activity shows this role every snapshot in this database: those of other roles need pg_read_all_stats.
CREATE FUNCTION cqrs.sees_all_snapshots() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
SELECT pg_has_role('pg_read_all_stats', 'USAGE') OR NOT EXISTS (
    SELECT FROM pg_stat_activity AS b
    WHERE b.datname = current_database() AND b.usesysid IS NOT NULL AND NOT pg_has_role(b.usesysid, 'USAGE')
)
$$
