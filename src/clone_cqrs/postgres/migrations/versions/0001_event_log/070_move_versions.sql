-- Moves the versions of the aggregates that some events belong to, and returns the events' own versions, in their order.
-- p_aggregate_types, p_aggregate_ids: one of each per event; p_stated: the version that an event claims to be, or null.
-- Raises CQ409 where a stated version is not the next one.
-- Locks: the aggregates' rows, in the order of their ids, to the end of the transaction. This is where writers of one
-- aggregate wait for each other; nothing has been drawn from the log yet.
CREATE FUNCTION cqrs.move_versions(p_aggregate_types text[], p_aggregate_ids text[], p_stated bigint[]) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    given bigint[];
BEGIN
    IF cardinality(p_aggregate_ids) = 1 THEN
        INSERT INTO cqrs.aggregate AS a (aggregate_id, aggregate_type, version)
            VALUES (p_aggregate_ids[1], p_aggregate_types[1], 1)
            ON CONFLICT (aggregate_id, aggregate_type) DO UPDATE SET version = a.version + 1
            RETURNING ARRAY[a.version] INTO given;
    ELSE
        WITH event AS (
            SELECT e.ordinal, e.aggregate_type COLLATE "C" AS aggregate_type, e.aggregate_id COLLATE "C" AS aggregate_id,
                   row_number() OVER (PARTITION BY e.aggregate_id COLLATE "C", e.aggregate_type COLLATE "C" ORDER BY e.ordinal) AS nth
            FROM unnest(p_aggregate_types, p_aggregate_ids) WITH ORDINALITY AS e(aggregate_type, aggregate_id, ordinal)
        ), moved AS (
            INSERT INTO cqrs.aggregate AS a (aggregate_id, aggregate_type, version)
            SELECT event.aggregate_id, event.aggregate_type, count(*)
            FROM event GROUP BY event.aggregate_id, event.aggregate_type ORDER BY event.aggregate_id, event.aggregate_type
            ON CONFLICT (aggregate_id, aggregate_type) DO UPDATE SET version = a.version + excluded.version
            RETURNING a.aggregate_id, a.aggregate_type, a.version
        )
        SELECT array_agg(moved.version - total.events + event.nth ORDER BY event.ordinal) INTO given
        FROM event
        JOIN moved USING (aggregate_id, aggregate_type)
        JOIN (SELECT event.aggregate_id, event.aggregate_type, count(*) AS events FROM event GROUP BY 1, 2) total
            USING (aggregate_id, aggregate_type);
    END IF;
    IF EXISTS (SELECT FROM unnest(p_stated, given) AS v(stated, next) WHERE v.stated <> v.next) THEN
        RAISE EXCEPTION 'a stated version is not the next of its aggregate' USING ERRCODE = 'CQ409';
    END IF;
    RETURN given;
END
$$
