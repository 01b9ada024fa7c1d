-- The types of the aggregates that bear an id, usually one. $1 text aggregate_id. Rows: aggregate_type. Locks: none.
SELECT aggregate_type FROM cqrs.aggregate WHERE aggregate_id = $1 ORDER BY aggregate_type
