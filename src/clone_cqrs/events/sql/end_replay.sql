-- Puts a replayed subscription back to the end of its range: what its worker has passed after that was handed to nobody. The new
-- epoch keeps a worker that comes too late from moving it again. $1 text name, $2 bigint end. Locks: the subscription's rows.
WITH passed AS (
    DELETE FROM cqrs.set_aside WHERE subscription = $1 AND position > $2
)
UPDATE cqrs.subscription
SET checkpoint = $2, epoch = epoch + 1, owner = NULL, lease_until = NULL, changed_at = clock_timestamp()
WHERE name = $1 AND checkpoint > $2
