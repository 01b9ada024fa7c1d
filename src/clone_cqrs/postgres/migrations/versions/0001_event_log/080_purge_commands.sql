-- Deletes records of commands older than p_keep, at most p_batch of them. Returns how many.
-- Locks: the rows deleted; rows that others hold are left for the next time.
CREATE FUNCTION cqrs.purge_commands(p_keep interval, p_batch integer DEFAULT 10000) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH old AS (
        SELECT c.command_id FROM cqrs.command c WHERE c.recorded_at < now() - p_keep
        LIMIT p_batch FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM cqrs.command c USING old WHERE c.command_id = old.command_id RETURNING 1
    )
    SELECT count(*) FROM gone
$$
