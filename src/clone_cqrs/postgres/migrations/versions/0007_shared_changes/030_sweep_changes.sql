-- Deletes the changes in a view's table that every view concerned has, and that no snapshot in use is older than.
--
-- p_view: as in cqrs.view. Returns how many; null where it may not know all snapshots. The reason, or why some that the views
-- have are left, is in cqrs.view, for all views that share the table. A change stays for as long as a statement runs that is
-- older: a refresh typed by hand may put a view back to before it. One DELETE, so that stamps, horizon and changes are seen by
-- one snapshot. Locks: the deleted changes, the views' rows, and their stamps, against refreshes, which wait.
CREATE OR REPLACE FUNCTION cqrs.sweep_changes(p_view text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_changes regclass;
    v_covered text;
    v_locked bigint;
    v_swept bigint;
    v_left boolean;
BEGIN
    SELECT v.changes INTO STRICT v_changes FROM cqrs.view AS v WHERE v.name = p_view;
    -- pg_stat_activity is otherwise that of the transaction's first look.
    PERFORM pg_stat_clear_snapshot();
    IF NOT cqrs.sees_all_snapshots() THEN
        UPDATE cqrs.view SET waits_for = 'pg_read_all_stats: the snapshots of other roles are hidden' WHERE changes = v_changes;
        RETURN NULL;
    END IF;
    -- A refresh that has ended in a transaction that has not: its snapshot is seen no more, and what it puts the view back to is
    -- not seen yet. It has locked its stamp. One that comes to its stamp later is still running, and waits there.
    SELECT count(*) INTO v_locked FROM (
        SELECT FROM cqrs.view_stamp AS s JOIN cqrs.view AS v ON v.name = s.view
        WHERE v.changes = v_changes FOR SHARE OF s SKIP LOCKED
    ) AS l;
    IF v_locked < (SELECT count(*) FROM cqrs.view_stamp AS s JOIN cqrs.view AS v ON v.name = s.view WHERE v.changes = v_changes)
    THEN
        UPDATE cqrs.view SET waits_for = 'a refresh whose transaction has not ended' WHERE changes = v_changes;
        RETURN 0;
    END IF;
    PERFORM pg_stat_clear_snapshot();
    -- Of each view: it is not concerned, or it has the change. Without a stamp, nobody knows.
    SELECT string_agg(
        format(
            ' AND (%s OR pg_visible_in_snapshot(c.xid, %s) AND c.xid <> %s)',
            (SELECT string_agg(format('c.%I IS NULL', k), ' OR ') FROM unnest(v.change_columns) AS k),
            format('(SELECT s.snapshot FROM cqrs.view_stamp AS s WHERE s.view = %L)', v.name),
            format('(SELECT s.writer FROM cqrs.view_stamp AS s WHERE s.view = %L)', v.name)
        ),
        ''
    )
    INTO v_covered
    FROM cqrs.view AS v WHERE v.changes = v_changes;
    EXECUTE format('DELETE FROM %s AS c WHERE c.xid < (SELECT cqrs.oldest_snapshot())%s', v_changes, v_covered);
    GET DIAGNOSTICS v_swept = ROW_COUNT;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s AS c WHERE c.xid IS NOT NULL%s)', v_changes, v_covered) INTO v_left;
    UPDATE cqrs.view
    SET swept_at = clock_timestamp(),
        swept = v_swept,
        waits_for = CASE WHEN v_left THEN 'snapshots in use that are older than changes' END
    WHERE changes = v_changes;
    RETURN v_swept;
END
$$
