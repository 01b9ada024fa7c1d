-- Drops the tables in which changes of views were noted, and the triggers that would note them there, before others do. A table
-- that other views have their changes in stays, with its triggers.
--
-- p_views: as in cqrs.view; those that are not known have none. p_changes: what the new table is going to be called, quoted;
-- p_kept: the trigger functions that note there. Raises: dependent_objects_still_exist where other views have their changes in a
-- table of this name. Locks: the tables dropped; those whose triggers are dropped, against everything.
CREATE FUNCTION cqrs.drop_changes(p_views text[], p_changes text, p_kept regproc[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_changes regclass;
    v_quoted text;
    v_others text;
    v_function regproc;
BEGIN
    FOR v_changes, v_quoted IN
        SELECT DISTINCT c.oid, format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""'))
        FROM cqrs.view AS v
        JOIN pg_class AS c ON c.oid = v.changes
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE v.name = ANY (p_views)
    LOOP
        SELECT string_agg(v.name, ', ') INTO v_others FROM cqrs.view AS v WHERE v.changes = v_changes AND v.name <> ALL (p_views);
        IF v_others IS NOT NULL AND v_quoted = p_changes THEN
            RAISE dependent_objects_still_exist USING MESSAGE =
                format('%s has the changes of %s, too: make these views anew together', v_changes, v_others);
        END IF;
        CONTINUE WHEN v_others IS NOT NULL;
        FOR v_function IN
            SELECT p.oid FROM pg_proc AS p
            WHERE p.pronamespace = 'cqrs'::regnamespace AND p.prorettype = 'trigger'::regtype AND p.oid <> ALL (p_kept::oid[])
              AND strpos(p.prosrc, 'INSERT INTO ' || v_quoted || ' (') > 0
        LOOP
            EXECUTE format('DROP FUNCTION %s() CASCADE', v_function);
        END LOOP;
        EXECUTE format('DROP TABLE %s', v_changes);
    END LOOP;
END
$$
