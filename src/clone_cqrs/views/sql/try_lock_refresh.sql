-- Keep others from refreshing a view until the transaction ends, unless somebody refreshes it already.
--
-- $1 text: schema and name, with a dot between. Rows: one, boolean: whether the lock is this transaction's. Locks: as
-- lock_refresh.sql, without waiting.
SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('cqrs.refresh:' || $1, 0))
