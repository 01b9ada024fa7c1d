-- Stamps a view. The view's own query calls it in a branch without rows, so that every fill (CREATE, or REFRESH of either
-- kind, by whomever) stamps it in the same transaction and with the same snapshot as its rows.
--
-- p_view: as in cqrs.view; p_seen: pg_current_snapshot() of the query. Returns false.
-- Locks: the view's stamp, until the transaction ends. A REPEATABLE READ fill older than the last one fails with 40001 here.
CREATE FUNCTION cqrs.stamp_view(p_view text, p_seen pg_catalog.pg_snapshot) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO cqrs.view_stamp AS s (view, snapshot, writer, filled_at)
    VALUES (p_view, p_seen, pg_current_xact_id(), clock_timestamp())
    ON CONFLICT (view) DO UPDATE
    SET snapshot = excluded.snapshot, writer = excluded.writer, filled_at = excluded.filled_at;
    RETURN false;
END
$$
