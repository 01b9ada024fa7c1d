-- One row per aggregate that a subscription holds back, at the first of its events that is not handled; its later events wait
-- behind it, and are read again from the log when their turn comes. state: 'retrying' (failed, tried again at retry_at),
-- 'dead' (a dead letter: waits for a person), 'released' (may be handled now), 'discarded' (a person decided to go on without
-- this event; the worker moves on from it).
CREATE TABLE cqrs.set_aside (
    subscription text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    aggregate_type text COLLATE "C" NOT NULL,
    aggregate_id text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    state text NOT NULL CONSTRAINT set_aside_state CHECK (state IN ('retrying', 'dead', 'released', 'discarded')),
    attempts integer NOT NULL DEFAULT 0,
    retry_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    error text,
    trace text,
    set_aside_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT set_aside_key PRIMARY KEY (subscription, aggregate_id, aggregate_type),
    CONSTRAINT set_aside_subscription FOREIGN KEY (subscription, partition) REFERENCES cqrs.subscription (name, partition)
        ON DELETE CASCADE
)
