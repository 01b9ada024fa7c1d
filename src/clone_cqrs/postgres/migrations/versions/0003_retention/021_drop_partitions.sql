-- Drops partitions of the log that lie wholly before a position; the partition of the newest event always stays.
-- p_before: events before it may go; raises CQ410 where a subscription still needs one of them. p_dry_run: only tell.
-- Rows: the partitions, number, lower_position (inclusive), upper_position (exclusive).
-- Locks: subscriptions and what they set aside against writing, so that none begins below p_before meanwhile; then the log
-- against everybody (DETACH), for as long as it takes to unlink files. lock_timeout bounds the waiting: while this waits, so
-- do all writers behind it.
CREATE FUNCTION cqrs.drop_partitions(p_before bigint, p_dry_run boolean DEFAULT false)
RETURNS TABLE (number bigint, lower_position bigint, upper_position bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms' AS $$
#variable_conflict use_column
DECLARE
    head bigint;
    needed record;
    old record;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('cqrs.ensure_partitions', 0));
    IF NOT p_dry_run THEN
        LOCK TABLE cqrs.subscription, cqrs.set_aside IN SHARE MODE;
    END IF;
    SELECT n.position, n.subscription, n.reason INTO needed FROM cqrs.log_needed_from() n;
    IF needed.position < p_before THEN
        RAISE EXCEPTION 'the subscription % needs the log from position % on (%)', needed.subscription, needed.position, needed.reason
            USING ERRCODE = 'CQ410';
    END IF;
    SELECT coalesce(max(e.position), 0) INTO head FROM cqrs.event e;
    FOR old IN
        SELECT p.number, p.lower_position, p.upper_position FROM cqrs.log_partition p
        WHERE p.upper_position <= least(p_before, head) ORDER BY p.number
    LOOP
        IF NOT p_dry_run THEN
            name := format('event_%s', lpad(old.number::text, greatest(6, length(old.number::text)), '0'));
            EXECUTE format('ALTER TABLE cqrs.event DETACH PARTITION cqrs.%I', name);
            EXECUTE format('DROP TABLE cqrs.%I', name);
            DELETE FROM cqrs.log_partition p WHERE p.number = old.number;
        END IF;
        number := old.number;
        lower_position := old.lower_position;
        upper_position := old.upper_position;
        RETURN NEXT;
    END LOOP;
END
$$
