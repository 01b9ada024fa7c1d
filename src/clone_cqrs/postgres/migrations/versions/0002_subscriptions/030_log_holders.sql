-- The transactions that may still write to the log: those that hold RowExclusiveLock on it or on a partition of it.
-- Rows: holder (a virtual transaction id, or that of a prepared one), prepared, pid, and the start of this server run: a list
-- from another run says nothing. One row with holder null when there are none.
-- Asked only at a gap in the positions, because pg_locks costs with all locks of the server. Locks: none.
CREATE FUNCTION cqrs.log_holders(OUT holder text, OUT prepared boolean, OUT pid integer, OUT server_run timestamptz)
RETURNS SETOF record LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'a standby does not know the writers of the log' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN QUERY
        SELECT l.virtualtransaction, l.pid IS NULL, l.pid, pg_postmaster_start_time()
        FROM (SELECT) one LEFT JOIN pg_locks l
            ON l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted
            AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
            AND l.relation IN (SELECT t.relid FROM pg_partition_tree('cqrs.event') t);
END
$$
