-- The same as record_command for the most frequent case, one event, whose values come as they are: the driver takes longer to
-- write eight arrays of one element than all else together.
-- $1 to $6: as in record_command; $7 uuid event_id, $8 text event_type, $9 text aggregate_type, $10 text aggregate_id,
-- $11 bigint stated version, $12 timestamptz of the event, $13 jsonb payload, $14 jsonb metadata.
-- Row: positions bigint[], versions bigint[], one of each. Locks: the aggregate's row.
SELECT positions, versions
FROM cqrs.append_events($1, $2, $3, $4, $5, $6, ARRAY[$7::uuid], ARRAY[$8::text], ARRAY[$9::text], ARRAY[$10::text],
    ARRAY[$11::bigint], ARRAY[$12::timestamptz], ARRAY[$13::jsonb], ARRAY[$14::jsonb])
