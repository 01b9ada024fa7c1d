-- The highest position that is committed in the log.
--
-- No parameters. Rows: one, with position bigint; none while the log is empty. No locks beyond a read's own.
SELECT position FROM cqrs.event ORDER BY position DESC LIMIT 1
