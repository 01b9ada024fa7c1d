"""What a fresh reading costs: reads, refreshes and writes at several sizes, beside the view and its definition."""
