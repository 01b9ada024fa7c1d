-- Rows come in order of time, so that a few summary pages are enough to find the old ones.
CREATE INDEX command_by_age ON cqrs.command USING brin (recorded_at)
