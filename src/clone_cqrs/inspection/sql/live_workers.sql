-- The processes that work on subscriptions, by their last word and the server's clock. No parameters. Locks: none.
-- Rows: subscription, owner, in that order.
SELECT w.subscription, w.owner FROM cqrs.subscription_worker AS w
WHERE w.alive_until > clock_timestamp() ORDER BY w.subscription, w.owner
