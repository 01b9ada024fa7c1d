"""The query cache: entries by key and by scope, one load at a time for each, bounded, and never filled with a stale answer."""
