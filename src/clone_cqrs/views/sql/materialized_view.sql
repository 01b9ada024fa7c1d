-- The materialized view that a name means here, by the search path where it has no schema.
--
-- $1 text: the name, quoted where it needs to be. Rows: one, or none where there is no such materialized view; schema text,
-- name text, populated boolean. No locks.
SELECT n.nspname AS schema, c.relname AS name, c.relispopulated AS populated
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind = 'm'
