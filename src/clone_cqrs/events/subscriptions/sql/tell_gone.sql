-- A worker leaves. $1 text subscription, $2 text owner.
DELETE FROM cqrs.subscription_worker WHERE subscription = $1 AND owner = $2
