-- Appends events without a command. $1 uuid[] event_ids, $2 text[] event_types, $3 text[] aggregate_types, $4 text[]
-- aggregate_ids, $5 bigint[] stated versions, $6 timestamptz[], $7 jsonb[] payloads, $8 jsonb[] metadata.
-- Row: positions bigint[], versions bigint[], in the order of the events. Locks: the aggregates' rows, in the order of their ids.
SELECT positions, versions
FROM cqrs.append_events(NULL, NULL, NULL, NULL, NULL, NULL, $1, $2, $3, $4, $5, $6, $7, $8)
