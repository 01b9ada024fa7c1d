-- Lets a role run the application and its workers: read everything in the schema, append through the function, keep
-- checkpoints, and nothing else. p_role: an existing role other than the owner.
CREATE OR REPLACE FUNCTION cqrs.grant_application(p_role regrole) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA cqrs TO %s', p_role);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA cqrs TO %s', p_role);
    EXECUTE format('GRANT INSERT, UPDATE, DELETE ON cqrs.subscription, cqrs.subscription_worker, cqrs.set_aside TO %s', p_role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION cqrs.claim_command, cqrs.append_events, cqrs.ensure_partitions, '
                   'cqrs.purge_commands, cqrs.check_log, cqrs.log_holders TO %s', p_role);
END
$$
