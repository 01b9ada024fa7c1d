-- Refuses a look-up of keys through a parent that could move while a row of the child is being written.
--
-- p_child.p_column references p_parent (p_key) by a foreign key that is checked at once, and p_columns of the parent are in
-- unique indexes, so that changing them waits for the child's FOR KEY SHARE. Raises: foreign_key_violation.
CREATE FUNCTION cqrs.require_link(
    p_child regclass, p_column name, p_parent regclass, p_key name, p_columns name[]
) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_movable name[] := ARRAY(
        SELECT c FROM unnest(p_columns) AS c
        WHERE NOT EXISTS (
            SELECT FROM pg_index AS i
            JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
            WHERE i.indrelid = p_parent AND a.attname = c
              AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
        )
    );
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint AS f
        JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND ARRAY[a.attnum] = f.conkey
        JOIN pg_attribute AS b ON b.attrelid = f.confrelid AND ARRAY[b.attnum] = f.confkey
        WHERE f.contype = 'f' AND NOT f.condeferrable AND f.convalidated
          AND f.conrelid = p_child AND a.attname = p_column AND f.confrelid = p_parent AND b.attname = p_key
    ) THEN
        RAISE foreign_key_violation USING MESSAGE = format(
            '%s.%I needs a foreign key, not deferrable, to %s (%I): the parent must not change while the child is written',
            p_child, p_column, p_parent, p_key);
    END IF;
    IF cardinality(v_movable) > 0 THEN
        RAISE foreign_key_violation USING MESSAGE = format(
            '%s needs UNIQUE (%I, %s): without it the parent can change owner while a row of %s is written',
            p_parent, p_key, array_to_string(v_movable, ', '), p_child);
    END IF;
END
$$
