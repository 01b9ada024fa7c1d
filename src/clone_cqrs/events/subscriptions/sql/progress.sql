-- How far a subscription is. $1 text name, $2 bigint position.
-- Row: checkpoint of the partition furthest behind (null when the subscription does not exist), and the first held back event at
-- or before the position: position, event_type, aggregate, state.
SELECT (SELECT min(checkpoint) FROM cqrs.subscription WHERE name = $1) AS checkpoint,
       s.position, s.event_type, s.aggregate_type, s.aggregate_id, s.state
FROM (SELECT) one LEFT JOIN LATERAL (
    SELECT * FROM cqrs.set_aside WHERE subscription = $1 AND position <= $2 ORDER BY position LIMIT 1) s ON true
