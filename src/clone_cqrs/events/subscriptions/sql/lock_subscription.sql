-- Keeps workers of all subscriptions from telling that they live, and so from beginning, until the end of the transaction: who
-- waits here finds out what became of his subscription after it. No parameters. Locks: subscription_worker against writing.
LOCK TABLE cqrs.subscription_worker IN SHARE ROW EXCLUSIVE MODE
