-- The first position of the log that some subscription still needs, and which one that is; no row when none needs anything.
-- A subscription needs what follows its checkpoint, and every event that it has set aside, with all that follows it.
-- Row: position, subscription, reason. Locks: none.
CREATE FUNCTION cqrs.log_needed_from(OUT "position" bigint, OUT subscription text, OUT reason text) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.position, n.subscription, n.reason
    FROM (SELECT s.checkpoint + 1, s.name, 'its checkpoint' FROM cqrs.subscription s
          UNION ALL
          SELECT a.position, a.subscription, 'an event that it has set aside' FROM cqrs.set_aside a
         ) AS n("position", subscription, reason)
    ORDER BY n.position LIMIT 1
$$
