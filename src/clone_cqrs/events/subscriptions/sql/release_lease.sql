-- Gives a partition back. $1 text name, $2 integer partition, $3 bigint epoch. Locks: the row.
UPDATE cqrs.subscription SET owner = NULL, lease_until = NULL WHERE name = $1 AND partition = $2 AND epoch = $3
