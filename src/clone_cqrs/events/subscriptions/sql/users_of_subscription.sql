-- Who works on a subscription, or may still: the owners of leases that are not over, and the workers that live.
-- $1 text name. Rows: owner, null for a partition that nobody has; none when there is no such subscription.
-- Locks: the rows of cqrs.subscription, so that no partition is taken meanwhile.
WITH partition AS (
    SELECT s.owner, s.lease_until FROM cqrs.subscription s WHERE s.name = $1 FOR UPDATE
)
SELECT CASE WHEN p.lease_until > clock_timestamp() THEN p.owner END AS owner FROM partition p
UNION ALL
SELECT w.owner FROM cqrs.subscription_worker w
WHERE w.subscription = $1 AND w.alive_until > clock_timestamp() AND EXISTS (SELECT FROM partition)
