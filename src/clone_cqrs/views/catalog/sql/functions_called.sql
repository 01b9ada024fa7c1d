-- The functions that rules and functions call, the server's own among them, from their trees: dependencies leave those out.
--
-- $1 oid[] of pg_rewrite; $2 oid[] of pg_proc. Rows: schema text, name text, built_in boolean, volatility text as in
-- pg_proc.provolatile, traced boolean (its body is among $2), adds_floats boolean (an aggregate whose result depends on the order
-- of its rows), tells_time boolean. No locks.
WITH tree AS (
    SELECT r.ev_action::text AS text FROM pg_catalog.pg_rewrite AS r WHERE r.oid = ANY ($1)
    UNION ALL
    SELECT p.prosqlbody::text FROM pg_catalog.pg_proc AS p WHERE p.oid = ANY ($2)
)
SELECT
    n.nspname AS schema,
    p.proname AS name,
    p.oid < 16384 AS built_in,
    p.provolatile::text AS volatility,
    p.oid = ANY ($2) AS traced,
    coalesce(
        a.aggtransfn::oid = ANY (ARRAY[
            'pg_catalog.float4pl'::regproc, 'pg_catalog.float8pl'::regproc, 'pg_catalog.float4_accum'::regproc,
            'pg_catalog.float8_accum'::regproc, 'pg_catalog.float8_regr_accum'::regproc
        ]::oid[]),
        false
    ) AS adds_floats,
    p.oid < 16384 AND (
        p.proname IN ('now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp', 'timeofday')
        OR p.proname = 'age' AND p.pronargs = 1 AND p.proargtypes[0] <> 'pg_catalog.xid'::regtype
    ) AS tells_time
FROM (
    SELECT found.id[1]::oid AS oid
    FROM tree
    CROSS JOIN LATERAL regexp_matches(tree.text, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)', 'g') AS found (id)
    UNION
    SELECT d.refobjid
    FROM pg_catalog.pg_depend AS d
    WHERE d.refclassid = 'pg_catalog.pg_proc'::regclass AND d.deptype = 'n'
      AND d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = ANY ($1)
) AS called
JOIN pg_catalog.pg_proc AS p ON p.oid = called.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
LEFT JOIN pg_catalog.pg_aggregate AS a ON a.aggfnoid = p.oid
UNION ALL
-- CURRENT_DATE and the like are no functions; 0 to 8 are those of the clock.
SELECT DISTINCT 'pg_catalog', 'current_timestamp', true, 's', false, false, true
FROM tree
WHERE tree.text ~ 'SQLVALUEFUNCTION :op [0-8] '
ORDER BY 1, 2
