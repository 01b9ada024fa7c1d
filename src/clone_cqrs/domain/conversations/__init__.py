"""Conversations of a user with one of their models, turn by turn."""
