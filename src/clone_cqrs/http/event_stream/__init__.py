"""GET /events: the settled log as server-sent events."""
