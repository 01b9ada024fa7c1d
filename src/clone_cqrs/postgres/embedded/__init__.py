"""An own PostgreSQL server in the user's directory, shared by the processes that use it."""
