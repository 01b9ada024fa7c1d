"""How a process prints its logs. Called by programs (`clone-cqrs serve`, `worker`, yours), never by importing anything."""

from __future__ import annotations

import logging
from typing import Any, Final, TextIO

import structlog

from clone_cqrs.telemetry.logs import format_exception, mask_facts, merge_bound


def configure_logging(*, json: bool = False, level: int | str = "INFO", stream: TextIO | None = None) -> None:
    """Print every log record of this process, of whatever package, with its time, level, logger, and what is bound.

    json: one object a line, for machines; else text, coloured on a terminal. level: the least to print. stream: standard error
    by default. Also makes `structlog.get_logger()` print here. Calling it again replaces what the last call set up; handlers
    of others stay.
    Raises: ValueError for a level that is none.
    """
    handler = _Printer(stream)
    handler.setFormatter(_formatter(json, coloured=not json and handler.stream.isatty()))
    root = logging.getLogger()
    root.setLevel(level)
    for former in [each for each in root.handlers if isinstance(each, _Printer)]:
        root.removeHandler(former)
    root.addHandler(handler)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_FACTS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


class _Printer(logging.StreamHandler[TextIO]):
    """The one handler that `configure_logging` owns."""


def _formatter(json: bool, *, coloured: bool) -> logging.Formatter:
    # The exception is text by now: structlog's own way of printing one shows the values of variables.
    printed: Any = (
        structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=coloured, exception_formatter=structlog.dev.plain_traceback)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_own_facts, *_FACTS],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _in_order, printed],
    )


def _own_facts(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The name and the facts of a record that came from `get_logger`."""
    record = event["_record"]
    name = getattr(record, "cqrs_event", None)
    return event if name is None else {**event, **record.cqrs_facts, "event": name}


def _in_order(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """What every line has comes first."""
    return {name: event[name] for name in _FIRST if name in event} | dict(event)


_FIRST: Final = ("timestamp", "level", "logger", "event", "correlation_id")
_FACTS: Final[list[Any]] = [
    merge_bound,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    format_exception,
    mask_facts,
]
