"""A small model of writers, PostgreSQL and a reader, for exploring every interleaving of docs/decisions/0006."""
