-- Roughly how many changes a view has not, by its stamp; of many, from a sample of 256 pages. Zero is exact.
--
-- p_view: as in cqrs.view; null for another. The server's own counts come with a delay, and would count covered changes.
CREATE OR REPLACE FUNCTION cqrs.count_changes(p_view text) RETURNS double precision
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_changes regclass;
    v_known text;
    v_percent double precision;
    v_counted double precision;
BEGIN
    SELECT v.changes, (SELECT string_agg(format(' AND c.%I IS NOT NULL', k), '') FROM unnest(v.change_columns) AS k)
    INTO v_changes, v_known
    FROM cqrs.view AS v WHERE v.name = p_view;
    IF v_changes IS NULL THEN
        RETURN NULL;
    END IF;
    FOREACH v_percent IN ARRAY ARRAY[100.0 * 256 / greatest(pg_relation_size(v_changes) / 8192, 256), 100.0] LOOP
        EXECUTE format(
            'SELECT count(*) * 100.0 / %1$s FROM %2$s AS c TABLESAMPLE SYSTEM (%1$s)'
            ' LEFT JOIN cqrs.view_stamp AS s ON s.view = $1'
            ' WHERE c.xid IS NOT NULL%3$s AND (pg_visible_in_snapshot(c.xid, s.snapshot) AND c.xid <> s.writer) IS NOT TRUE',
            v_percent, v_changes, v_known
        ) INTO v_counted USING p_view;
        EXIT WHEN v_counted > 0 OR v_percent = 100;
    END LOOP;
    RETURN v_counted;
END
$$
