"""Structured logs: an event's name and its facts, through the standard library's logging, which the application configures."""

from __future__ import annotations

import logging
import sys
from typing import Any, cast

import structlog

from clone_cqrs.telemetry.context import bound_facts
from clone_cqrs.telemetry.error_text import error_trace
from clone_cqrs.telemetry.masking import masked


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module: `log.warning("refresh_failed", view=..., failures=...)`.

    Prints nothing by itself, and takes nothing from structlog's global configuration: a record goes to `logging` under this
    name with the facts, and with what is bound where it is written, in its message and as its attributes, for whatever
    handlers the application has set up.
    """
    logger = structlog.wrap_logger(
        logging.getLogger(name),
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=True,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            merge_bound,
            format_exception,
            mask_facts,
            _as_record,
        ],
    )
    return cast(structlog.stdlib.BoundLogger, logger)


def merge_bound(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor: the event with what is bound here. What the line itself says counts more."""
    return {**structlog.contextvars.get_contextvars(), **bound_facts(), **event}


def mask_facts(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor: the facts as they may be shown."""
    return {name: value if name.startswith("_") else masked(value) for name, value in event.items()}


def format_exception(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor: the exception that is being handled, with its frames and without values."""
    error = _error_in(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = error_trace(error)
    return event


def _error_in(exc_info: Any) -> BaseException | None:
    """What `exc_info=` stands for: an exception, the triple of sys.exc_info(), or a yes to the one that is being handled."""
    if exc_info and not isinstance(exc_info, BaseException | tuple):
        return sys.exception()
    return exc_info[1] if isinstance(exc_info, tuple) else exc_info or None


def _as_record(
    _logger: logging.Logger, _method: str, event: structlog.typing.EventDict
) -> tuple[tuple[str], dict[str, object]]:
    name = str(event.pop("event"))
    facts = {key: value for key, value in event.items() if key != "level"}
    text = " ".join([name, *(f"{key}={value!r}" for key, value in facts.items())])
    # One attribute, so that no fact can take the place of a record's own.
    return (text,), {"extra": {"cqrs_event": name, "cqrs_facts": facts}}
