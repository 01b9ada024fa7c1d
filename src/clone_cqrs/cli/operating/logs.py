"""The logs of a command that stays: on stderr, for people or for machines."""

from __future__ import annotations

import logging

from clone_cqrs.cli.screens import message_screen
from clone_cqrs.telemetry import configure_logging


def log_to_stderr(*, as_json: bool) -> None:
    """As text on a terminal, else a line of JSON each."""
    configure_logging(json=as_json or not message_screen().is_terminal)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every plugin, and of every look at the schema
