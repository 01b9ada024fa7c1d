-- Drops old partitions of the log (see cqrs.drop_partitions). $1 bigint before, $2 boolean dry run. Rows: number,
-- lower_position, upper_position. Locks: see there.
SELECT number, lower_position, upper_position FROM cqrs.drop_partitions($1, $2)
