-- Until now, each view had such a table to itself.
UPDATE cqrs.view AS v
SET change_columns = ARRAY(
    SELECT a.attname FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = v.changes AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'xid'
    ORDER BY a.attnum
)
