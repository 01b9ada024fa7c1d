-- Makes partitions until at least p_ahead unused ones follow the log's head.
-- p_ahead: how many; returns the first position for which there is no partition yet.
-- Locks: one caller at a time (advisory, to the end of the transaction); ATTACH takes SHARE UPDATE EXCLUSIVE on the log, which
-- stops neither readers nor writers. (CREATE TABLE ... PARTITION OF would take ACCESS EXCLUSIVE and stop both.)
CREATE FUNCTION cqrs.ensure_partitions(p_ahead integer DEFAULT 2) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    head bigint;
    upper_bound bigint;
    partition_number bigint;
    rows_each bigint;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('cqrs.ensure_partitions', 0));
    SELECT partition_rows INTO rows_each FROM cqrs.installation;
    -- Positions that were drawn and rolled back are used up, too; a server that was restored may be behind its rows.
    SELECT greatest(coalesce(max(e.position), 0),
                    coalesce(pg_sequence_last_value(pg_get_serial_sequence('cqrs.event', 'position')::regclass), 0))
        INTO head FROM cqrs.event e;
    SELECT coalesce(max(p.upper_position), 1), coalesce(max(p.number), 0) INTO upper_bound, partition_number
        FROM cqrs.log_partition p;
    WHILE upper_bound <= head + p_ahead * rows_each LOOP
        partition_number := partition_number + 1;
        name := format('event_%s', lpad(partition_number::text, greatest(6, length(partition_number::text)), '0'));
        EXECUTE format('CREATE TABLE cqrs.%I (LIKE cqrs.event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
        EXECUTE format('CREATE TRIGGER event_append_only_truncate BEFORE TRUNCATE ON cqrs.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION cqrs.refuse_change()', name);
        EXECUTE format('ALTER TABLE cqrs.event ATTACH PARTITION cqrs.%I FOR VALUES FROM (%s) TO (%s)',
                       name, upper_bound, upper_bound + rows_each);
        INSERT INTO cqrs.log_partition (number, lower_position, upper_position)
            VALUES (partition_number, upper_bound, upper_bound + rows_each);
        upper_bound := upper_bound + rows_each;
    END LOOP;
    RETURN upper_bound;
END
$$
