-- The parts of a materialized view as they are in the database.
--
-- $1 text: the view, $2 text: its definition, $4 text: its table of changes, $5 text: its fresh reading, $7 text: its unchanged
-- rows, all quoted; $3 text: schema and name, with a dot between; $6 text[]: the key's columns. Rows: one. kind text as in
-- pg_class.relkind, null where there is no such relation; has_key boolean: a unique index by which it can be refreshed
-- concurrently; stamped, reads_definition boolean: its query still does; same_columns boolean: as its definition's; fresh_lacks
-- text[]: what the fresh reading, or its unchanged rows, should read and do not; registered boolean; filled boolean;
-- filled_elsewhere boolean: by a server that was further on; waits_for text. No locks.
SELECT
    v.relkind::text AS kind,
    EXISTS (
        SELECT FROM pg_catalog.pg_index AS i
        WHERE i.indrelid = v.oid AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
          AND (
              SELECT array_agg(a.attname::text ORDER BY a.attname)
              FROM pg_catalog.pg_attribute AS a
              WHERE a.attrelid = v.oid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
          ) = ARRAY(SELECT k FROM unnest($6::text[]) AS k ORDER BY k COLLATE "C")
    ) AS has_key,
    EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        JOIN pg_catalog.pg_proc AS p ON p.oid = d.refobjid AND p.proname = 'stamp_view'
        WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
          AND d.refclassid = 'pg_catalog.pg_proc'::regclass AND p.pronamespace = pg_catalog.to_regnamespace('cqrs')
    ) AND strpos(pg_catalog.pg_get_viewdef(v.oid), 'stamp_view(' || quote_literal($3)) > 0 AS stamped,
    EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
          AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = pg_catalog.to_regclass($2)
    ) AS reads_definition,
    ARRAY(
        SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = v.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
    ) = ARRAY(
        SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = pg_catalog.to_regclass($2) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
    ) AS same_columns,
    ARRAY(
        SELECT DISTINCT p.part
        FROM (VALUES ($5, $7), ($5, $2), ($5, $4), ($7, $1), ($7, $4)) AS p (reading, part)
        WHERE NOT EXISTS (
            SELECT FROM pg_catalog.pg_rewrite AS f
            JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = f.oid
            WHERE f.ev_class = pg_catalog.to_regclass(p.reading)
              AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = pg_catalog.to_regclass(p.part)
        )
    ) AS fresh_lacks,
    EXISTS (SELECT FROM cqrs.view AS k WHERE k.name = $3 AND k.changes = pg_catalog.to_regclass($4)) AS registered,
    s.view IS NOT NULL AND v.relispopulated AS filled,
    coalesce(pg_snapshot_xmax(s.snapshot) > pg_snapshot_xmax(pg_current_snapshot()), false) AS filled_elsewhere,
    (SELECT k.waits_for FROM cqrs.view AS k WHERE k.name = $3) AS waits_for
FROM (SELECT pg_catalog.to_regclass($1) AS relation) AS asked
LEFT JOIN pg_catalog.pg_class AS v ON v.oid = asked.relation
LEFT JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = v.oid AND r.ev_type = '1'
LEFT JOIN cqrs.view_stamp AS s ON s.view = $3
