"""Upcasting: events of old schema versions, raised step by step when they are read. The log itself is never rewritten."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from clone_cqrs.errors import UnreadableEventError

Step = Callable[[dict[str, Any]], dict[str, Any]]
F = TypeVar("F", bound=Step)

_steps: dict[str, dict[int, Step]] = {}


def upcaster(event_type: str, *, from_version: int) -> Callable[[F], F]:
    """Register a function from the payload of one schema version to that of the next.

        @upcaster("user.created", from_version=1)
        def add_tier(payload): return {**payload, "subscriptionTier": "free"}

    Payloads are JSON objects in wire spelling. The event's class declares the newest version, `schema_version=2`.
    Raises: ValueError for a second function of the same step, or a version below 1.
    """
    if from_version < 1:
        raise ValueError(f"{event_type}: schema versions begin at 1")

    def register(step: F) -> F:
        if _steps.setdefault(event_type, {}).setdefault(from_version, step) is not step:
            raise ValueError(f"{event_type}: schema version {from_version} already has an upcaster")
        return step

    return register


def upcast(event_type: str, payload: str, version: Any, newest: int | None) -> tuple[str, int]:
    """A payload of schema version `version`, as JSON text, raised to the newest version; the text and that version.

    newest: the version that the type's class declares; None without a class, where the steps alone tell.
    Raises: UnreadableEventError for a version that is newer than known, one from which no step leads on, a step that fails.
    """
    steps = _steps.get(event_type)
    if not steps and type(version) is int and version > 0 and newest in (None, version):
        return payload, version
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise UnreadableEventError("its schema version is not a number from 1 on")
    last = max(steps) + 1 if steps else version if newest is None else 1
    if newest is not None and newest < last:
        raise UnreadableEventError(f"upcasters lead to schema version {last}, but its class declares {newest}")
    newest = newest or last
    if version > newest:
        raise UnreadableEventError(f"it has schema version {version}, and the newest known here is {newest}")
    if version == newest:
        return payload, version
    content = json.loads(payload)
    for old in range(version, newest):
        step = (steps or {}).get(old)
        if step is None:
            raise UnreadableEventError(f"it has schema version {version}, and no upcaster leads from {old} to {old + 1}")
        try:
            content = step(content)
            if not isinstance(content, dict):
                raise TypeError("an upcaster returns a JSON object")
            payload = json.dumps(content, allow_nan=False)
        except Exception as cause:
            raise UnreadableEventError(f"the upcaster from schema version {old} failed ({type(cause).__name__})") from cause
    return payload, newest


@contextmanager
def upcasters_restored() -> Iterator[None]:
    """Forget the upcasters that are registered meanwhile; for tests."""
    before = {event_type: dict(steps) for event_type, steps in _steps.items()}
    try:
        yield
    finally:
        _steps.clear()
        _steps.update(before)
