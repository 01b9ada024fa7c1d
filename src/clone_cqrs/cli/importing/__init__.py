"""`clone-cqrs import`: commands in wire form, one JSON object a line."""
