"""`clone-cqrs dead-letters`: events that failed too often, to be looked at, tried again, or given up."""
