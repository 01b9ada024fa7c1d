"""A database with the toolkit's tables, and a way to append events to its log."""

from tests.events.subscriptions.conftest import database, log

__all__ = ["database", "log"]
