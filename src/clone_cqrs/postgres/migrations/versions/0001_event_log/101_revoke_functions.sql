-- Nobody but the owner, until cqrs.grant_application says otherwise.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA cqrs FROM PUBLIC
