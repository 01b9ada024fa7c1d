-- What the role may do in a database that has the schema cqrs. Locks: none.
-- $1 text[]: the application's materialized views, quoted for SQL.
-- Row: may_append, may_subscribe (execute and work on subscriptions), sees_snapshots, may_own_schema (so migrate and drop old
-- partitions), foreign_views (those that it may not refresh).
SELECT
    has_schema_privilege('cqrs', 'USAGE')
        AND has_function_privilege((SELECT p.oid FROM pg_proc AS p
            WHERE p.pronamespace = 'cqrs'::regnamespace AND p.proname = 'append_events' LIMIT 1), 'EXECUTE') AS may_append,
    has_table_privilege('cqrs.subscription', 'INSERT, UPDATE, DELETE')
        AND has_table_privilege('cqrs.set_aside', 'INSERT, UPDATE, DELETE') AS may_subscribe,
    pg_has_role('pg_read_all_stats', 'USAGE') AS sees_snapshots,
    pg_has_role((SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'cqrs.event'::regclass), 'USAGE') AS may_own_schema,
    ARRAY(SELECT m.oid::regclass::text FROM unnest($1::text[]) AS w(quoted) JOIN pg_class AS m ON m.oid = to_regclass(w.quoted)
          WHERE NOT pg_has_role(m.relowner, 'USAGE') ORDER BY 1) AS foreign_views
