-- All partitions of a subscription. $1 text name. Rows: partition, checkpoint, settings, epoch, owner, lease_until, in order.
SELECT partition, checkpoint, settings, epoch, owner, lease_until FROM cqrs.subscription WHERE name = $1 ORDER BY partition
