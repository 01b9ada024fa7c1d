"""Structured logs: an event's name and its facts, through the standard library's logging, which the application configures."""

from __future__ import annotations

import logging
from typing import cast

import structlog


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module: `log.warning("refresh_failed", view=..., failures=...)`.

    Prints nothing by itself, and takes nothing from structlog's global configuration: a record goes to `logging` under this
    name with the facts in its message and as its attributes, for whatever handlers the application has set up.
    """
    logger = structlog.wrap_logger(
        logging.getLogger(name),
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=True,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            _as_record,
        ],
    )
    return cast(structlog.stdlib.BoundLogger, logger)


def _as_record(
    _logger: logging.Logger, _method: str, event: structlog.typing.EventDict
) -> tuple[tuple[str], dict[str, object]]:
    name = str(event.pop("event"))
    facts = {key: value for key, value in event.items() if key != "level"}
    text = " ".join([name, *(f"{key}={value!r}" for key, value in facts.items())])
    # One attribute, so that no fact can take the place of a record's own.
    return (text,), {"extra": {"cqrs_event": name, "cqrs_facts": facts}}
