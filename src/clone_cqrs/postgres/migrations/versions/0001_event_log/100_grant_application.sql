-- Lets a role run the application: read everything in the schema, append through the function, and nothing else.
-- p_role: an existing role other than the owner.
CREATE FUNCTION cqrs.grant_application(p_role regrole) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA cqrs TO %s', p_role);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA cqrs TO %s', p_role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION cqrs.claim_command, cqrs.append_events, cqrs.ensure_partitions, '
                   'cqrs.purge_commands, cqrs.check_log TO %s', p_role);
END
$$
