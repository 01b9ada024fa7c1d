-- Deletes the changes that a view has and that no snapshot in use is older than.
--
-- p_view: as in cqrs.view. Returns how many; null where it may not know all snapshots. The reason, or why some that the view
-- has are left, is in cqrs.view. A change stays for as long as a statement runs that is older: a refresh typed by hand may put
-- the view back to before it. One DELETE, so that stamp, horizon and changes are seen by one snapshot. Locks: the deleted
-- changes, the view's row.
CREATE OR REPLACE FUNCTION cqrs.sweep_changes(p_view text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_changes regclass;
    v_swept bigint;
    v_left boolean;
BEGIN
    SELECT v.changes INTO STRICT v_changes FROM cqrs.view AS v WHERE v.name = p_view;
    -- pg_stat_activity is otherwise that of the transaction's first look.
    PERFORM pg_stat_clear_snapshot();
    IF NOT cqrs.sees_all_snapshots() THEN
        UPDATE cqrs.view SET waits_for = 'pg_read_all_stats: the snapshots of other roles are hidden' WHERE name = p_view;
        RETURN NULL;
    END IF;
    PERFORM pg_stat_clear_snapshot();
    EXECUTE format(
        'DELETE FROM %s AS c USING cqrs.view_stamp AS s WHERE s.view = $1'
        ' AND pg_visible_in_snapshot(c.xid, s.snapshot) AND c.xid <> s.writer'
        ' AND c.xid < (SELECT cqrs.oldest_snapshot())',
        v_changes
    ) USING p_view;
    GET DIAGNOSTICS v_swept = ROW_COUNT;
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM %s AS c JOIN cqrs.view_stamp AS s ON s.view = $1'
        ' WHERE c.xid <> s.writer AND pg_visible_in_snapshot(c.xid, s.snapshot))',
        v_changes
    ) INTO v_left USING p_view;
    UPDATE cqrs.view
    SET swept_at = clock_timestamp(),
        swept = v_swept,
        waits_for = CASE WHEN v_left THEN 'snapshots in use that are older than changes' END
    WHERE name = p_view;
    RETURN v_swept;
END
$$
