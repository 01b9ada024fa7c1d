-- How materialized views are. Locks: none.
-- $1 text[]: names as an application declares them; $2 text[]: the same, quoted for SQL.
-- Rows, in order of the names: name, found (there is such a materialized view), filled (it was, once), fresh (it has a fresh
-- reading), rows float8 (the server's estimate, null where it has none), bytes, filled_at, refreshed_at, refresh_seconds, waits_for.
SELECT
    w.name,
    coalesce(m.relkind = 'm', false) AS found,
    coalesce(m.relispopulated, false) AS filled,
    v.name IS NOT NULL AS fresh,
    CASE WHEN m.reltuples >= 0 THEN m.reltuples::float8 END AS rows,
    pg_total_relation_size(m.oid) AS bytes,
    s.filled_at,
    v.refreshed_at,
    v.refresh_seconds,
    v.waits_for
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(name, quoted, place)
LEFT JOIN pg_class AS m ON m.oid = to_regclass(w.quoted)
LEFT JOIN pg_namespace AS n ON n.oid = m.relnamespace
LEFT JOIN cqrs.view AS v ON v.name = n.nspname || '.' || m.relname
LEFT JOIN cqrs.view_stamp AS s ON s.view = v.name
ORDER BY w.place
