"""The application of points, instrumented, and what collects its spans."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler
from tests.telemetry.points_application import Hear, nothing, points_application

from clone_cqrs.bootstrap import Application
from clone_cqrs.events.subscriptions.settings import Start
from clone_cqrs.instrumentation import instrument


class Spans:
    """What an SDK that is set up for one application collects."""

    def __init__(self, sampler: Sampler = ALWAYS_ON) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider(sampler)
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    def ended(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        """The one of this name; fails the test where there is another number of them."""
        (found,) = [span for span in self.ended() if span.name == name]
        return found

    def names(self) -> list[str]:
        return [span.name for span in self.ended()]


def watched(
    dsn: str,
    spans: Spans | None = None,
    *,
    hear: Hear = nothing,
    start: Start = "end",
    workers: bool = True,
    **options: Any,
) -> Application:
    """The application, instrumented, to be opened. hear, start, workers: as for `points_application`."""
    application = points_application(dsn, hear=hear, start=start, workers=workers)
    instrument(application, tracer_provider=None if spans is None else spans.provider, **options)
    return application
