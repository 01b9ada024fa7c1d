"""The command line, `clone-cqrs`. It calls the buses and nothing deeper, and knows the clone by its factory's name only."""

from clone_cqrs.cli.program import main

__all__ = ["main"]
