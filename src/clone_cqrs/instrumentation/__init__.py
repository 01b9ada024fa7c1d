"""Switching telemetry on: log lines that say what they belong to, spans, metrics. Nothing here is loaded otherwise."""

from clone_cqrs.instrumentation.instrument import Instrumentation, instrument

__all__ = ["Instrumentation", "instrument"]
