-- The event log, append-only, partitioned by ranges of position. Its only unique key is the position. The identity keeps the
-- defaults CACHE 1, INCREMENT 1 and NO CYCLE: reading without a gap rests on them (cqrs.check_log refuses anything else).
CREATE TABLE cqrs.event (
    position bigint GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    aggregate_type text COLLATE "C" NOT NULL,
    aggregate_id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    "timestamp" timestamptz NOT NULL,
    payload jsonb NOT NULL,
    metadata jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT event_position PRIMARY KEY (position)
) PARTITION BY RANGE (position)
