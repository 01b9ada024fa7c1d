-- Forgets a subscription: its partitions, with what they hold back (ON DELETE CASCADE), and its workers. $1 text name.
-- Locks: the rows deleted.
WITH workers AS (
    DELETE FROM cqrs.subscription_worker WHERE subscription = $1
)
DELETE FROM cqrs.subscription WHERE name = $1
