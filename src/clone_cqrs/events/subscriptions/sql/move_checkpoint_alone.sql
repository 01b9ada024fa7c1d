-- Moves a checkpoint that has no effect to commit with, as move_checkpoint does, without waiting for the disk: what a crash of the
-- server takes back is handled again, which at least once allows. The lease's epoch is another matter: taking one is waited for.
-- $1 text name, $2 integer partition, $3 bigint epoch, $4 bigint checkpoint, $5 interval lease.
-- Row: one, or none when another worker has taken over. Locks: the row.
UPDATE cqrs.subscription
SET checkpoint = greatest(checkpoint, $4), lease_until = clock_timestamp() + $5::interval, changed_at = clock_timestamp()
FROM (SELECT set_config('synchronous_commit', 'off', true)) asynchronous
WHERE name = $1 AND partition = $2 AND epoch = $3
RETURNING checkpoint
