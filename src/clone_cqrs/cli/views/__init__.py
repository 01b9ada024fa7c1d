"""`clone-cqrs views`: the materialized views of an application, listed, refreshed and verified."""
