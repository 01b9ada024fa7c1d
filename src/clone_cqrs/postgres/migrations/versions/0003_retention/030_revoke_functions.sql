-- Dropping partitions is the owner's alone; cqrs.grant_application does not give it.
REVOKE EXECUTE ON FUNCTION cqrs.log_needed_from, cqrs.drop_partitions FROM PUBLIC
