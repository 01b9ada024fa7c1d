-- Takes a partition that nobody holds, whose lease has run out, or whose worker in this process came to grief, with a new epoch:
-- every write under the old one fails.
-- $1 text name, $2 integer[] partitions not to take, $3 text owner, $4 interval lease.
-- Row: partition, epoch, checkpoint; none when there is nothing to take. Locks: that row; rows that others are taking are skipped.
UPDATE cqrs.subscription s
SET owner = $3, epoch = s.epoch + 1, lease_until = clock_timestamp() + $4::interval, changed_at = clock_timestamp()
WHERE (s.name, s.partition) = (
    SELECT f.name, f.partition FROM cqrs.subscription f
    WHERE f.name = $1 AND f.partition <> ALL ($2::integer[])
      AND (f.owner IS NULL OR f.owner = $3 OR f.lease_until < clock_timestamp())
    ORDER BY f.partition LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING s.partition, s.epoch, s.checkpoint
