"""Knowledge documents: what a user's clone knows."""
