-- One row per partition of a named subscription. checkpoint: the position up to which everything is handled or set aside;
-- owner, lease_until: who works on it, by the server's clock; epoch: grows with every change of owner, and every write of an
-- owner checks it, so that a worker that slept past its lease cannot write. settings: what all of its processes must agree on.
CREATE TABLE cqrs.subscription (
    name text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    checkpoint bigint NOT NULL CONSTRAINT subscription_checkpoint_not_negative CHECK (checkpoint >= 0),
    epoch bigint NOT NULL DEFAULT 0,
    owner text,
    lease_until timestamptz,
    settings jsonb NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT subscription_key PRIMARY KEY (name, partition)
) WITH (fillfactor = 50)
