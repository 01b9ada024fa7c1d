-- Create the database that the embedded server's DSN names. Outside of a transaction, on the database postgres.
-- Parameters: none. Rows: none. Locks: shared, on the template; fails when another session was first.
CREATE DATABASE clone_cqrs
