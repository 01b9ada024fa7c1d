-- What is stored of subscriptions, one row for each, in order of name. No parameters. Locks: none.
-- Rows: name, partitions, exactly_once (null where it was never said).
SELECT s.name, count(*) AS partitions, bool_or((s.settings ->> 'exactly_once')::boolean) AS exactly_once
FROM cqrs.subscription AS s GROUP BY s.name ORDER BY s.name
