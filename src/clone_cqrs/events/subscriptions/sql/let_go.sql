-- Nothing of an aggregate waits any more. $1 text subscription, $2 text aggregate_type, $3 text aggregate_id. Locks: the row.
DELETE FROM cqrs.set_aside WHERE subscription = $1 AND aggregate_type = $2 AND aggregate_id = $3
