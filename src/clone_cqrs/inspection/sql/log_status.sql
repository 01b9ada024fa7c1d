-- The log as a whole. No parameters. Locks: none.
-- Row: head (highest visible position, 0 without any), first (lowest position kept, null without any), partitions,
-- bytes (with indexes), needed_from (the first position that some subscription still needs, null where none does).
SELECT
    (SELECT coalesce(max(e.position), 0) FROM cqrs.event AS e) AS head,
    (SELECT min(e.position) FROM cqrs.event AS e) AS first,
    (SELECT count(*) FROM cqrs.log_partition) AS partitions,
    (SELECT sum(pg_total_relation_size(p.relid))::bigint FROM pg_partition_tree('cqrs.event') AS p WHERE p.isleaf) AS bytes,
    least(
        (SELECT min(s.checkpoint) + 1 FROM cqrs.subscription AS s),
        (SELECT min(a.position) FROM cqrs.set_aside AS a)
    ) AS needed_from
