-- Makes the rows of a subscription, one per partition, unless they are there.
-- $1 text name, $2 integer partitions, $3 bigint first checkpoint, $4 jsonb settings. Locks: the rows it makes.
INSERT INTO cqrs.subscription (name, partition, checkpoint, settings)
SELECT $1, partition, $3, $4::jsonb FROM generate_series(0, $2::integer - 1) AS partition
ON CONFLICT (name, partition) DO NOTHING
