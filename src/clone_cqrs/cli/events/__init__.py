"""`clone-cqrs events`: the log, read, followed and replayed."""
