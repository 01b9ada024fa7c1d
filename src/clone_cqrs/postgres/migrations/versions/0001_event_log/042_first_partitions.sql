-- The first partitions.
SELECT cqrs.ensure_partitions()
