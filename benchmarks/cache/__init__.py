"""What an answer from the cache costs, and an invalidation, and many misses of one key at once."""
