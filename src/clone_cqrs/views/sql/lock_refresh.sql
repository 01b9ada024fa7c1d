-- Wait until no other transaction refreshes a view, in whatever process, and keep others waiting until this one ends.
--
-- $1 text: schema and name, with a dot between. Rows: one, empty. Locks: the advisory lock of this view's refreshes, the same
-- that refresh_all_materialized_views() takes.
SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('cqrs.refresh:' || $1, 0))
