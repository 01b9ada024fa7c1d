-- What breaks the premises of reading the log without a gap; no rows when all is well. Asked before the log is read.
-- Rows: problem, a sentence.
CREATE FUNCTION cqrs.check_log(OUT problem text) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'the sequence of cqrs.event has a cache, increment or cycle other than 1, 1, off' FROM pg_sequence
        WHERE seqrelid = pg_get_serial_sequence('cqrs.event', 'position')::regclass
          AND (seqcache, seqincrement, seqcycle) IS DISTINCT FROM (1::bigint, 1::bigint, false)
    UNION ALL
    SELECT 'the position of cqrs.event is not GENERATED ALWAYS' FROM pg_attribute
        WHERE attrelid = 'cqrs.event'::regclass AND attname = 'position' AND attidentity <> 'a'
    UNION ALL
    SELECT format('%s is not a permanent, logged table', p.relid) FROM pg_partition_tree('cqrs.event') p
        JOIN pg_class c ON c.oid = p.relid WHERE c.relpersistence <> 'p'
    UNION ALL
    SELECT 'the server is a standby' WHERE pg_is_in_recovery()
    UNION ALL
    SELECT 'cqrs.event is the target of a logical replication' FROM pg_subscription_rel
        WHERE srrelid IN (SELECT relid FROM pg_partition_tree('cqrs.event'))
    UNION ALL
    SELECT format('role %s may write the log or its sequence directly', r.rolname) FROM pg_roles r
        WHERE NOT r.rolsuper AND r.rolname !~ '^pg_'
          AND r.oid <> (SELECT relowner FROM pg_class WHERE oid = 'cqrs.event'::regclass)
          AND NOT pg_has_role(r.oid, (SELECT relowner FROM pg_class WHERE oid = 'cqrs.event'::regclass), 'usage')
          AND (EXISTS (SELECT FROM pg_partition_tree('cqrs.event') p
                       WHERE has_table_privilege(r.oid, p.relid, 'insert, update, truncate')
                          OR has_any_column_privilege(r.oid, p.relid, 'insert, update'))
            OR has_sequence_privilege(r.oid, pg_get_serial_sequence('cqrs.event', 'position'), 'usage, update'))
$$
