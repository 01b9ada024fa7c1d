"""What the catalog and the planner know of a view, held against its declaration."""
