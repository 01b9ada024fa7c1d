"""Transports: how a publisher hands events on, one file each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from clone_cqrs.messages import DomainEvent


class Transport(Protocol):
    """Hands events on, in order. Connects at the first call."""

    async def publish(self, events: Sequence[DomainEvent[Any]]) -> int:
        """Publish events in order, all before it returns; stop at the first that fails.

        Returns: how many were published, when that is all of them. Raises: PublishError; `unpublished` is the end of `events`
        from the first that was not published on. tests/events/transports/contract.py is what every transport keeps.
        """
        ...

    async def close(self) -> None:
        """Let go of what was opened; harmless when nothing was, or twice. A later publish connects again."""
        ...
