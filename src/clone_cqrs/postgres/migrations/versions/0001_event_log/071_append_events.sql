-- Appends events to the log; the only way in for the application. Called without p_command_id it appends alone; with it, the
-- record of the command is written by the same statement, because it holds the last position.
-- Arrays: one element per event, in the order in which they are logged; p_versions: stated versions, or nulls.
-- Returns the positions and the versions, in the same order.
-- Locks: see cqrs.move_versions, which comes first, because it may wait. Positions are drawn by the last statement, and nothing
-- waits after it: a drawn position that is not committed holds every reader of the log back.
CREATE FUNCTION cqrs.append_events(
    p_command_id uuid, p_command_type text, p_user_id text, p_fingerprint bytea, p_data json, p_timestamp timestamptz,
    p_event_ids uuid[], p_event_types text[], p_aggregate_types text[], p_aggregate_ids text[], p_versions bigint[],
    p_timestamps timestamptz[], p_payloads jsonb[], p_metadata jsonb[],
    OUT positions bigint[], OUT versions bigint[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        -- An event that was delivered must not vanish in a crash, nor its position be drawn again.
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    IF cardinality(p_event_ids) > 0 THEN
        versions := cqrs.move_versions(p_aggregate_types, p_aggregate_ids, p_versions);
    END IF;
    WITH appended AS (
        INSERT INTO cqrs.event (event_id, event_type, aggregate_type, aggregate_id, version, "timestamp", payload, metadata)
        SELECT e.event_id, e.event_type, e.aggregate_type, e.aggregate_id, e.version, e.moment, e.payload, e.metadata
        FROM unnest(p_event_ids, p_event_types, p_aggregate_types, p_aggregate_ids, versions, p_timestamps, p_payloads, p_metadata)
            WITH ORDINALITY AS e(event_id, event_type, aggregate_type, aggregate_id, version, moment, payload, metadata, ordinal)
        ORDER BY e.ordinal
        RETURNING position
    ), recorded AS (
        INSERT INTO cqrs.command (command_id, command_type, user_id, fingerprint, data, position, "timestamp")
        SELECT p_command_id, p_command_type, p_user_id, p_fingerprint, p_data, (SELECT max(a.position) FROM appended a), p_timestamp
        WHERE p_command_id IS NOT NULL
    )
    SELECT array_agg(a.position ORDER BY a.position) INTO positions FROM appended a;
END
$$
