-- A relation's columns, in order.
--
-- $1 text: its name, quoted where it needs to be. Rows: one for each column, none where there is no such relation; name text,
-- type text as SQL spells it. No locks.
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
