-- A relation's columns, in order.
--
-- $1 text: its name, quoted where it needs to be. Rows: one for each column, none where there is no such relation; name text,
-- type text as SQL spells it; collation text, quoted, null where it is the type's own. No locks.
SELECT
    a.attname AS name,
    format_type(a.atttypid, a.atttypmod) AS type,
    (
        SELECT quote_ident(n.nspname) || '.' || quote_ident(o.collname)
        FROM pg_catalog.pg_collation AS o
        JOIN pg_catalog.pg_namespace AS n ON n.oid = o.collnamespace
        WHERE o.oid = a.attcollation AND o.oid <> t.typcollation
    ) AS collation
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
