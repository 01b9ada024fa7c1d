"""Upcasting: events of old schema versions, raised step by step when they are read. The log itself is never rewritten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Step = Callable[[dict[str, Any]], dict[str, Any]]
F = TypeVar("F", bound=Step)

_steps: dict[tuple[str, int], Step] = {}


def upcaster(event_type: str, *, from_version: int) -> Callable[[F], F]:
    """Register a function from the payload of one schema version to that of the next.

        @upcaster("user.created", from_version=1)
        def add_tier(payload): return {**payload, "subscriptionTier": "free"}

    Payloads are JSON objects in wire spelling. Raises: ValueError for a second function of the same step.
    """

    def register(step: F) -> F:
        key = (event_type, from_version)
        if _steps.get(key, step) is not step:
            raise ValueError(f"{event_type}: schema version {from_version} already has an upcaster")
        _steps[key] = step
        return step

    return register


def upcast(event_type: str, payload: dict[str, Any], version: int) -> tuple[dict[str, Any], int]:
    """The payload at the newest version that the registered steps lead to, and that version."""
    while (step := _steps.get((event_type, version))) is not None:
        payload, version = step(payload), version + 1
    return payload, version
