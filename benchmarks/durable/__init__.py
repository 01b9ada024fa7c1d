"""Commands a second on PostgreSQL, against pgbench running the same statements."""
