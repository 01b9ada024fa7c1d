"""The database of notes, as the tests of commands have it."""

from tests.commands.conftest import database, kept

__all__ = ["database", "kept"]
