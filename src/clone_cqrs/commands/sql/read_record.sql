-- What is on record for a command that this transaction has claimed.
-- $1 uuid command_id. Rows: one or none. Locks: none.
SELECT command_type, user_id, fingerprint, data, position, "timestamp"
FROM cqrs.command
WHERE command_id = $1
