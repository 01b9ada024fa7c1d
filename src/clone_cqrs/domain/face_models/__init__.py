"""Face models: faces built from a user's images or a video, one of which is active."""
