"""What a bus adds to its handler, without a database."""
