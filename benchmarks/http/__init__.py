"""What HTTP costs: the product's addresses beside bare FastAPI endpoints that run the very same statements."""
