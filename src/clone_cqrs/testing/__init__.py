"""The test kit for users: given, when, then; databases that cost a copy; waiting until all is quiet."""

from clone_cqrs.events.upcasting import upcasters_restored
from clone_cqrs.testing.databases import DatabaseCopies
from clone_cqrs.testing.outcome import Outcome
from clone_cqrs.testing.quiet import until_quiet
from clone_cqrs.testing.scenario import Scenario
from clone_cqrs.testing.stepping import SteppedSubscription
from clone_cqrs.testing.touched import TouchedTables, tables_touched

__all__ = [
    "DatabaseCopies",
    "Outcome",
    "Scenario",
    "SteppedSubscription",
    "TouchedTables",
    "tables_touched",
    "until_quiet",
    "upcasters_restored",
]
