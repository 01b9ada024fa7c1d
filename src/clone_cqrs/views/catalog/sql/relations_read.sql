-- The relations that rules and functions read, but for plain views, which their rules stand for.
--
-- $1 oid[] of pg_rewrite; $2 oid[] of pg_proc. Rows: schema text, name text, kind text as in pg_class.relkind, built_in boolean,
-- in_parts boolean (it has partitions or children), columns text[], in order: those named; empty where only the row counts, as
-- for count(*) or a whole row; floats text[]: the floating-point ones among them. The server's own relations leave no dependency: they are found in the rules' trees. No locks.
SELECT
    n.nspname AS schema,
    c.relname AS name,
    c.relkind::text AS kind,
    c.oid < 16384 AS built_in,
    EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = c.oid) AS in_parts,
    coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}') AS columns,
    coalesce(
        array_agg(a.attname::text ORDER BY a.attnum)
        FILTER (WHERE a.atttypid IN ('pg_catalog.float4'::regtype, 'pg_catalog.float8'::regtype)),
        '{}'
    ) AS floats
FROM (
    SELECT d.refobjid AS relation, d.refobjsubid AS attribute
    FROM pg_catalog.pg_depend AS d
    WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'n'
      AND (
          d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = ANY ($1)
          OR d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = ANY ($2)
      )
    UNION
    SELECT found.id[1]::oid, 0
    FROM pg_catalog.pg_rewrite AS r
    CROSS JOIN LATERAL regexp_matches(r.ev_action::text, ':relid (\d+)', 'g') AS found (id)
    WHERE r.oid = ANY ($1) AND found.id[1]::oid < 16384
) AS dependency
JOIN pg_catalog.pg_class AS c ON c.oid = dependency.relation
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = c.oid AND a.attnum = dependency.attribute AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'm', 'f') OR c.relkind = 'v' AND c.oid < 16384
GROUP BY n.nspname, c.relname, c.relkind, c.oid
ORDER BY n.nspname, c.relname
