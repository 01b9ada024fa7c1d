"""What is being handled here, as log lines and events tell of it: the correlation id, the trace, the message."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final

from structlog.contextvars import bound_contextvars

from clone_cqrs.messages import uuid7

_CORRELATION_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")
_TRACE_FIELDS: Final = ("traceparent", "tracestate")
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

carried: ContextVar[Mapping[str, Any]] = ContextVar("clone_cqrs.carried", default=_NOTHING)
"""What events that are caused here take along in their metadata: `correlation_id`, `traceparent`, `tracestate`.

Inside a subscription's handler it is the metadata of the event that is being handled.
"""


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
    with handling(correlation_id, **({} if actor is None else {"actor": actor})):
        yield correlation_id


@contextmanager
def handling(correlation_id: str, **facts: object) -> Iterator[None]:
    """Bind a correlation id as it is, and facts for the log lines that are written inside."""
    token = carried.set({**carried.get(), "correlation_id": correlation_id})
    try:
        with bound_contextvars(correlation_id=correlation_id, **facts):
            yield
    finally:
        carried.reset(token)


@contextmanager
def carrying(trace: Mapping[str, str]) -> Iterator[None]:
    """Have events that are caused inside take this trace context along; none leaves the one that is known already."""
    if not trace:
        yield
        return
    known = {name: value for name, value in carried.get().items() if name not in _TRACE_FIELDS}
    token = carried.set(known | dict(trace))
    try:
        yield
    finally:
        carried.reset(token)


def correlation_of(metadata: Mapping[str, Any], otherwise: str) -> str:
    """The correlation id that a message with this metadata has here: its own, the one that is bound, or its id."""
    own = metadata.get("correlation_id") or metadata.get("correlationId")
    return str(own or carried.get().get("correlation_id") or otherwise)


def trace_of(metadata: Mapping[str, Any]) -> Mapping[str, str]:
    """The trace context in an event's metadata, or in what is carried, in the form of W3C's headers; most often nothing."""
    if "traceparent" not in metadata:
        return _NOTHING
    return {name: str(metadata[name]) for name in _TRACE_FIELDS if name in metadata}
