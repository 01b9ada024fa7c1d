"""What is being handled here, as log lines and events tell of it: the correlation id, the trace, the message."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from clone_cqrs.messages import uuid7

_CORRELATION_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")
_TRACE_FIELDS: Final = ("traceparent", "tracestate")
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

carried: ContextVar[Mapping[str, Any]] = ContextVar("clone_cqrs.carried", default=_NOTHING)
"""What events that are caused here take along in their metadata: `correlation_id`, `traceparent`, `tracestate`.

Inside a subscription's handler it is the metadata of the event that is being handled.
"""
_facts: ContextVar[Mapping[str, object]] = ContextVar("clone_cqrs.facts", default=_NOTHING)
"""What is being handled, for log lines."""


@contextmanager
def bound(*, correlation_id: str | None = None, actor: str | None = None) -> Iterator[str]:
    """Bind a correlation id, and the actor, to whatever happens inside: log lines, commands, the events that they cause.

    correlation_id: of a request's header, say: one that is not 1 to 128 printable ASCII characters is replaced. None: the one
    that is bound already, or a new one. Yields: the id in use.
    """
    if correlation_id is None:
        correlation_id = str(carried.get().get("correlation_id") or uuid7())
    elif _CORRELATION_ID.fullmatch(correlation_id) is None:
        correlation_id = str(uuid7())
    with Handling(correlation_id, {} if actor is None else {"actor": actor}):
        yield correlation_id


class Handling:
    """`with Handling(correlation_id, facts)`: bind a correlation id as it is, and facts for the log lines written inside.

    A class with two assignments, because every message passes through where telemetry is on: structlog's own way of binding
    copies the whole context each time.
    """

    __slots__ = ("_correlation_id", "_facts", "_tokens")

    def __init__(self, correlation_id: str | UUID, facts: Mapping[str, object]) -> None:
        self._correlation_id = correlation_id
        self._facts = facts

    def __enter__(self) -> None:
        self._tokens = (
            carried.set({**carried.get(), "correlation_id": self._correlation_id}),
            _facts.set({**_facts.get(), **self._facts}),
        )

    def __exit__(self, *_exc: object) -> None:
        carried.reset(self._tokens[0])
        _facts.reset(self._tokens[1])


class Carrying:
    """`with Carrying(trace)`: have events that are caused inside take this trace context along."""

    __slots__ = ("_token", "_trace")

    def __init__(self, trace: Mapping[str, str]) -> None:
        self._trace = trace

    def __enter__(self) -> None:
        known = carried.get()
        if "tracestate" in known:
            known = {name: value for name, value in known.items() if name != "tracestate"}
        self._token = carried.set({**known, **self._trace})

    def __exit__(self, *_exc: object) -> None:
        carried.reset(self._token)


def unbound() -> Context:
    """A copy of the context without what is bound here, for a task that outlives it."""
    context = copy_context()
    context.run(carried.set, _NOTHING)
    context.run(_facts.set, _NOTHING)
    return context


def bound_facts() -> dict[str, object]:
    """What a log line that is written here has to say of its circumstances."""
    facts: dict[str, object] = {}
    correlation_id = carried.get().get("correlation_id")
    if correlation_id is not None:
        facts["correlation_id"] = correlation_id
    facts.update(_facts.get())
    return {name: str(value) if isinstance(value, UUID) else value for name, value in facts.items()}


def correlation_of(metadata: Mapping[str, Any], otherwise: str | UUID) -> Any:
    """The correlation id that a message with this metadata has here: its own, the one that is bound, or its id. Has to be
    read as text: writing a UUID out takes longer than all the rest."""
    own = metadata.get("correlation_id") or metadata.get("correlationId")
    return own or carried.get().get("correlation_id") or otherwise


def trace_of(metadata: Mapping[str, Any]) -> Mapping[str, str]:
    """The trace context in an event's metadata, or in what is carried, in the form of W3C's headers; most often nothing."""
    if "traceparent" not in metadata:
        return _NOTHING
    return {name: str(metadata[name]) for name in _TRACE_FIELDS if name in metadata}
