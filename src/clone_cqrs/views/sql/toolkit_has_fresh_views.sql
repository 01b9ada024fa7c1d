-- Whether this database has the toolkit's table of views. Rows: one, boolean. No locks.
SELECT pg_catalog.to_regclass('cqrs.view') IS NOT NULL
