-- Claims a command id for this transaction, and returns what is on record for it.
-- p_command_id: the id. Rows: none (never carried out) or one.
-- Locks: an advisory lock per id to the end of the transaction, so that a second execution waits here for the first, before
-- it touches the log. Two ids with one hash wait for each other, which is harmless.
-- VOLATILE plpgsql, so that the SELECT sees what was committed while the lock was waited for: in one SQL statement it would
-- read a snapshot older than the wait.
CREATE FUNCTION cqrs.claim_command(p_command_id uuid) RETURNS SETOF cqrs.command
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(uuid_hash_extended(p_command_id, 7290331));
    RETURN QUERY SELECT c.* FROM cqrs.command c WHERE c.command_id = p_command_id;
END
$$
