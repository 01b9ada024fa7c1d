-- What a plain view is made of: its rule and those of the plain views it reads, and the functions whose bodies are in the catalog
-- (BEGIN ATOMIC).
--
-- $1 text: its name, quoted where it needs to be. Rows: one; rules oid[] of pg_rewrite, functions oid[] of pg_proc. No locks.
WITH RECURSIVE part AS (
    SELECT 'pg_catalog.pg_rewrite'::regclass AS class, r.oid
    FROM pg_catalog.pg_rewrite AS r
    WHERE r.ev_class = pg_catalog.to_regclass($1) AND r.ev_type = '1'
    UNION
    SELECT found.class, found.oid
    FROM part AS p
    JOIN pg_catalog.pg_depend AS d ON d.classid = p.class AND d.objid = p.oid
    LEFT JOIN pg_catalog.pg_operator AS o ON d.refclassid = 'pg_catalog.pg_operator'::regclass AND o.oid = d.refobjid
    CROSS JOIN LATERAL (
        SELECT 'pg_catalog.pg_rewrite'::regclass AS class, r.oid
        FROM pg_catalog.pg_rewrite AS r
        JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class AND v.relkind = 'v'
        WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND r.ev_class = d.refobjid AND r.ev_type = '1'
        UNION ALL
        SELECT 'pg_catalog.pg_proc'::regclass, f.oid
        FROM pg_catalog.pg_proc AS f
        WHERE f.oid = CASE d.refclassid WHEN 'pg_catalog.pg_proc'::regclass THEN d.refobjid ELSE o.oprcode END
          AND f.prosqlbody IS NOT NULL
    ) AS found
)
SELECT
    coalesce(array_agg(oid) FILTER (WHERE class = 'pg_catalog.pg_rewrite'::regclass), '{}') AS rules,
    coalesce(array_agg(oid) FILTER (WHERE class = 'pg_catalog.pg_proc'::regclass), '{}') AS functions
FROM part
