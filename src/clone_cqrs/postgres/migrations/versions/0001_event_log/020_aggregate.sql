-- The version of every aggregate that ever logged an event. Its row is what serialises the writers of one aggregate: it is
-- locked before a position is drawn, so that positions and versions of one aggregate agree. Room is left in the pages,
-- because a row is updated once per event.
CREATE TABLE cqrs.aggregate (
    aggregate_id text COLLATE "C" NOT NULL,
    aggregate_type text COLLATE "C" NOT NULL,
    version bigint NOT NULL CONSTRAINT aggregate_version_positive CHECK (version > 0),
    CONSTRAINT aggregate_key PRIMARY KEY (aggregate_id, aggregate_type)
) WITH (fillfactor = 80)
