-- The transactions that may still write to the log: those that hold RowExclusiveLock on it or on a partition of it.
-- Rows: holder, prepared, pid, and the start of this server run. One row with holder null when there are none.
-- A live transaction is named by its virtual id, a prepared one by its transaction id: the server gives prepared transactions
-- new virtual ids when it recovers from the crash of a single backend, which starts no new run, and a reader that waits for the
-- old name would believe that it had ended.
-- Asked only at a gap in the positions, because pg_locks costs with all locks of the server. Locks: none.
CREATE OR REPLACE FUNCTION cqrs.log_holders(OUT holder text, OUT prepared boolean, OUT pid integer, OUT server_run timestamptz)
RETURNS SETOF record LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'a standby does not know the writers of the log' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN QUERY
        -- One reading of the lock table: a prepared transaction's locks are all seen, or none.
        WITH lock AS MATERIALIZED (
            SELECT l.locktype, l.virtualtransaction, l.transactionid, l.pid, l.relation FROM pg_locks l
            WHERE l.granted AND (
                l.locktype = 'relation' AND l.mode = 'RowExclusiveLock'
                    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                OR l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.pid IS NULL)
        ), writer AS (
            SELECT l.virtualtransaction, l.pid FROM lock l
            WHERE l.locktype = 'relation' AND l.relation IN (SELECT t.relid FROM pg_partition_tree('cqrs.event') t)
        )
        SELECT CASE WHEN w.pid IS NULL AND w.virtualtransaction IS NOT NULL
                    THEN coalesce('prepared/' || x.transactionid, w.virtualtransaction)
                    ELSE w.virtualtransaction END,
               w.pid IS NULL, w.pid, pg_postmaster_start_time()
        FROM (SELECT) one LEFT JOIN writer w ON true
        LEFT JOIN lock x ON w.pid IS NULL AND x.locktype = 'transactionid' AND x.virtualtransaction = w.virtualtransaction;
END
$$
