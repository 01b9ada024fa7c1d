-- Moves a checkpoint and renews the lease, if the epoch is still the owner's; every write of a worker goes through this.
-- $1 text name, $2 integer partition, $3 bigint epoch, $4 bigint checkpoint, $5 interval lease.
-- Row: one, or none when another worker has taken over. Locks: the row, which is also what makes two owners wait for each other.
UPDATE cqrs.subscription
SET checkpoint = greatest(checkpoint, $4), lease_until = clock_timestamp() + $5::interval, changed_at = clock_timestamp()
WHERE name = $1 AND partition = $2 AND epoch = $3
RETURNING checkpoint
