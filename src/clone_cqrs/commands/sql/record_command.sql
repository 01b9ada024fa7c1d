-- Appends a command's events and writes its record; the last statement before COMMIT.
-- $1 uuid command_id, $2 text command_type, $3 text user_id, $4 bytea fingerprint, $5 json data, $6 timestamptz of the result,
-- $7 uuid[] event_ids, $8 text[] event_types, $9 text[] aggregate_types, $10 text[] aggregate_ids, $11 bigint[] stated versions,
-- $12 timestamptz[] of the events, $13 jsonb[] payloads, $14 jsonb[] metadata.
-- Row: positions bigint[], versions bigint[], in the order of the events; nulls without events.
-- Locks: the aggregates' rows, in the order of their ids.
SELECT positions, versions
FROM cqrs.append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
