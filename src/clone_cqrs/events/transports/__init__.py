"""Transports: how a publisher hands events on, one file each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from clone_cqrs.messages import DomainEvent


class Transport(Protocol):
    """Hands events on, in order. Connects at the first call."""

    async def publish(self, events: Sequence[DomainEvent[Any]]) -> int:
        """Publish events in order; stop at the first that fails.

        Returns: how many were published, when that is all of them. Raises: PublishError with `unpublished`.
        """
        ...

    async def close(self) -> None:
        """Let go of what was opened."""
        ...
