-- Nobody but the owner: views and triggers call these with their owner's rights.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA cqrs FROM PUBLIC
