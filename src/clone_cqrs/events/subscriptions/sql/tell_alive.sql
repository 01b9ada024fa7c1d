-- Says that a worker lives, forgets those that fell silent, and counts the living.
-- $1 text subscription, $2 text owner, $3 interval for which it counts. Row: workers. Locks: the rows written.
WITH told AS (
    INSERT INTO cqrs.subscription_worker AS w (subscription, owner, alive_until) VALUES ($1, $2, clock_timestamp() + $3::interval)
    ON CONFLICT (subscription, owner) DO UPDATE SET alive_until = excluded.alive_until
), forgotten AS (
    DELETE FROM cqrs.subscription_worker w
    WHERE w.subscription = $1 AND w.owner <> $2 AND w.alive_until < clock_timestamp() - interval '1 hour'
)
SELECT 1 + count(*) AS workers FROM cqrs.subscription_worker w
WHERE w.subscription = $1 AND w.owner <> $2 AND w.alive_until >= clock_timestamp()
