-- Who may still write to the log (see cqrs.log_holders). Rows: holder text or null, prepared, server_run. Locks: none.
SELECT holder, prepared, server_run FROM cqrs.log_holders()
