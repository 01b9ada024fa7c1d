-- Whether a column of a table can be stored as a type.
--
-- $1 text: the table, quoted where it needs to be; $2 text: the column; $3 text: the type as SQL spells it. Rows: one; kind text
-- as in pg_class.relkind and null where there is no such relation, type text of the column and null where there is none, fits
-- boolean; incomparable text: that of both types, or what they are made of, which is neither the server's own nor an enum, and
-- null where there is none; in_array boolean: of the column. No locks.
SELECT
    c.relkind::text AS kind,
    format_type(a.atttypid, a.atttypmod) AS type,
    a.atttypid = t.oid OR coalesce(nullif(own.typbasetype, 0), own.oid) = coalesce(nullif(t.typbasetype, 0), t.oid) OR EXISTS (
        SELECT FROM pg_catalog.pg_cast AS k
        WHERE k.castsource = a.atttypid AND k.casttarget = t.oid AND k.castcontext IN ('i', 'a')
    ) AS fits,
    (
        WITH RECURSIVE made_of AS (
            SELECT y.oid, y.typtype, y.typcategory, y.typbasetype, y.typelem, y.typnamespace
            FROM pg_catalog.pg_type AS y WHERE y.oid IN (a.atttypid, t.oid)
            UNION ALL
            SELECT y.oid, y.typtype, y.typcategory, y.typbasetype, y.typelem, y.typnamespace
            FROM made_of AS m
            JOIN pg_catalog.pg_type AS y ON y.oid = CASE WHEN m.typtype = 'd' THEN m.typbasetype
                                                        WHEN m.typcategory = 'A' THEN m.typelem END
        )
        SELECT format_type(m.oid, NULL) FROM made_of AS m
        WHERE m.typtype = 'b' AND m.typcategory <> 'A' AND m.typnamespace <> 'pg_catalog'::regnamespace
        LIMIT 1
    ) AS incomparable,
    own.typcategory = 'A' AS in_array
FROM (SELECT pg_catalog.to_regclass($1) AS relation) AS asked
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = asked.relation
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_type AS own ON own.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type AS t ON t.oid = pg_catalog.to_regtype($3)
