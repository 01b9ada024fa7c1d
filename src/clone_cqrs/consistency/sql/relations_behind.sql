-- What a relation reads, through any number of views: tables, views and materialized views, itself among them.
--
-- $1 text: the relation's name, quoted where it has to be, with or without a schema. Rows: name text, is_table boolean; none where
-- there is no such relation. Locks: none beyond a read's own, on catalogs.
WITH RECURSIVE behind AS (
    SELECT to_regclass($1)::oid AS relation
    UNION
    SELECT d.refobjid
    FROM behind
    JOIN pg_rewrite w ON w.ev_class = behind.relation
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> behind.relation
)
SELECT c.relname AS name, c.relkind IN ('r', 'p') AS is_table
FROM behind
JOIN pg_class c ON c.oid = behind.relation
ORDER BY 1
