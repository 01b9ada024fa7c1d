-- Lets a trigger function hear of every change of a table: once for each statement, whatever the session's role.
--
-- p_table: a table, or one partition; p_function: takes TG_OP, old_rows and new_rows. Its triggers bear its name; those that are
-- there already are replaced. Raises: invalid_transaction_state but in READ COMMITTED, where the view is filled by a snapshot that
-- is younger than the lock: what had committed before the lock and after an older one would neither be in it nor be noted.
-- Locks: the table, against writes.
CREATE OR REPLACE FUNCTION cqrs.follow_changes(p_table regclass, p_function regproc) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_name text := (SELECT p.proname FROM pg_proc AS p WHERE p.oid = p_function);
    v_kind text[];
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE invalid_transaction_state USING MESSAGE = 'a fresh reading is made in READ COMMITTED: an older snapshot lacks writes';
    END IF;
    FOREACH v_kind SLICE 1 IN ARRAY ARRAY[
        ARRAY['i', 'AFTER INSERT', 'REFERENCING NEW TABLE AS new_rows'],
        ARRAY['u', 'AFTER UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'],
        ARRAY['d', 'AFTER DELETE', 'REFERENCING OLD TABLE AS old_rows'],
        ARRAY['t', 'BEFORE TRUNCATE', '']
    ] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER %I %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION %s()',
                       left(v_name, 61) || '_' || v_kind[1], v_kind[2], p_table, v_kind[3], p_function);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', p_table, left(v_name, 61) || '_' || v_kind[1]);
    END LOOP;
END
$$
