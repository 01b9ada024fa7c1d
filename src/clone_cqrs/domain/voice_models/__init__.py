"""Voice models: voices trained from a user's samples, one of which is active."""
