-- The processes that share the partitions of a subscription; each tells every few seconds that it lives, by the server's clock,
-- so that all know their fair share.
CREATE TABLE cqrs.subscription_worker (
    subscription text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    alive_until timestamptz NOT NULL,
    CONSTRAINT subscription_worker_key PRIMARY KEY (subscription, owner)
)
