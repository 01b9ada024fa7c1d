-- Refreshes the six views, one after another, without locking out their readers.
--
-- Locks, until the transaction ends: for each view the advisory lock that every refresh of the library takes, then the
-- view's own. Always in this order, so that two calls queue instead of deadlocking; the refresh behind the lock takes a
-- new snapshot, so that it has what was committed while it waited. With an older snapshot it would put the view back in
-- time: hence READ COMMITTED only.
--
-- Only the views' owner may refresh. Each statement's snapshot is its own: the views are not of one moment.
CREATE FUNCTION public.refresh_all_materialized_views() RETURNS void
LANGUAGE plpgsql
VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    view_name text;
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE invalid_transaction_state
            USING MESSAGE = 'refresh_all_materialized_views() needs READ COMMITTED',
                  HINT = 'The transaction''s snapshot may be older than the views.';
    END IF;
    FOREACH view_name IN ARRAY ARRAY[
        'public.conversation_session_summary_view',
        'public.document_summary_view',
        'public.face_model_summary_view',
        'public.user_profile_view',
        'public.user_statistics_view',
        'public.voice_model_summary_view'
    ] LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended('cqrs.refresh:' || view_name, 0));
        EXECUTE 'REFRESH MATERIALIZED VIEW CONCURRENTLY ' || view_name;
    END LOOP;
END
$$
