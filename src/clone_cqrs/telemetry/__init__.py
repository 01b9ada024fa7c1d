"""What can be seen of a running process: structured logs."""

from clone_cqrs.telemetry.logs import get_logger

__all__ = ["get_logger"]
