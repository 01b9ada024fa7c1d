"""The database of notes, as the tests of commands have it, and a log."""

from tests.commands.conftest import database, kept
from tests.events.subscriptions.conftest import log

__all__ = ["database", "kept", "log"]
