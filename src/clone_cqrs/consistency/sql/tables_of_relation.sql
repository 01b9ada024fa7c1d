-- The tables that a relation reads, through any number of views; of a table, itself.
--
-- $1 text: the relation's name, quoted where it has to be, with or without a schema. Rows: name text; none where there is no such
-- relation. Locks: none beyond a read's own, on catalogs.
WITH RECURSIVE reads AS (
    SELECT to_regclass($1)::oid AS relation
    UNION
    SELECT d.refobjid
    FROM reads
    JOIN pg_rewrite w ON w.ev_class = reads.relation
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> reads.relation
)
SELECT c.relname AS name
FROM reads
JOIN pg_class c ON c.oid = reads.relation
WHERE c.relkind IN ('r', 'p')
ORDER BY 1
