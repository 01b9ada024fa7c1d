-- The triggers of a table that call a function.
--
-- $1 text: the table, quoted; $2 text, $3 text: the function's schema and name. Rows: one for each trigger; name text, enabled text
-- as in pg_trigger.tgenabled, events text[], is_partial boolean (for some rows or columns only). No locks.
SELECT
    t.tgname AS name,
    t.tgenabled::text AS enabled,
    ARRAY(
        SELECT e.name FROM (VALUES (4, 'INSERT'), (8, 'DELETE'), (16, 'UPDATE'), (32, 'TRUNCATE')) AS e (bit, name)
        WHERE t.tgtype & e.bit <> 0
    ) AS events,
    t.tgqual IS NOT NULL OR cardinality(t.tgattr::int2[]) > 0 OR t.tgtype & 1 <> 0 AS is_partial
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE t.tgrelid = pg_catalog.to_regclass($1) AND NOT t.tgisinternal AND n.nspname = $2 AND p.proname = $3
ORDER BY t.tgname
