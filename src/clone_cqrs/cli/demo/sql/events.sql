-- What is in the log, by type, the most frequent first.
--
-- No parameters. Rows: event_type text, events bigint. No locks.
SELECT event_type, count(*) AS events
FROM cqrs.event
GROUP BY event_type
ORDER BY events DESC, event_type
