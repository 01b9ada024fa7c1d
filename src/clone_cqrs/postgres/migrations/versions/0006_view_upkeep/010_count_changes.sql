-- Roughly how many changes a view has not, by its stamp; of many, from a sample of 256 pages.
--
-- p_view: as in cqrs.view; null for another. The server's own counts come with a delay, and would count covered changes.
CREATE FUNCTION cqrs.count_changes(p_view text) RETURNS double precision
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_changes regclass := (SELECT v.changes FROM cqrs.view AS v WHERE v.name = p_view);
    v_percent double precision;
    v_counted double precision;
BEGIN
    IF v_changes IS NULL THEN
        RETURN NULL;
    END IF;
    v_percent := least(100.0, 100.0 * 256 / greatest(pg_relation_size(v_changes) / 8192, 1));
    EXECUTE format(
        'SELECT count(*) * 100.0 / %1$s FROM %2$s AS c TABLESAMPLE SYSTEM (%1$s)'
        ' LEFT JOIN cqrs.view_stamp AS s ON s.view = $1'
        ' WHERE c.xid IS NOT NULL AND (pg_visible_in_snapshot(c.xid, s.snapshot) AND c.xid <> s.writer) IS NOT TRUE',
        v_percent, v_changes
    ) INTO v_counted USING p_view;
    RETURN v_counted;
END
$$
