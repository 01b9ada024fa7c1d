-- How far a replay is. $1 text name, $2 bigint position of its end.
-- Row: checkpoint of the partition furthest behind, null when the subscription is gone; and of what it holds back up to the end
-- how many are dead letters, and how many have attempts left.
SELECT (SELECT min(checkpoint) FROM cqrs.subscription WHERE name = $1) AS checkpoint,
       count(*) FILTER (WHERE state = 'dead') AS dead, count(*) FILTER (WHERE state <> 'dead') AS retrying
FROM cqrs.set_aside WHERE subscription = $1 AND position <= $2
