"""What can be seen of a running process: logs, metrics, traces."""

from clone_cqrs.telemetry.configuration import configure_logging
from clone_cqrs.telemetry.context import bound
from clone_cqrs.telemetry.logs import get_logger

__all__ = ["bound", "configure_logging", "get_logger"]
