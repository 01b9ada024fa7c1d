"""Settings of a subscription, checked when it is made."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeAlias

Start: TypeAlias = Literal["end", "beginning"] | int


async def at_once() -> None:
    """Nothing to wait for."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often a failed event is tried again before it is a dead letter, and when.

    attempts: in all, the first included; where somebody was not there (a refused connection), it is tried for ever.
    first_delay, longest_delay: seconds, doubled each time, with jitter of a half.
    """

    attempts: int = 8
    first_delay: float = 0.5
    longest_delay: float = 300.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first_delay < 0 or self.longest_delay < self.first_delay:
            raise ValueError("retries: attempts of at least 1, and delays of at least 0 that do not shrink")

    def delay_after(self, attempts: int) -> timedelta:
        """The pause after so many failed attempts."""
        delay = min(self.longest_delay, self.first_delay * 2 ** (min(attempts, 60) - 1))
        return timedelta(seconds=delay * random.uniform(0.5, 1.5))


@dataclass(frozen=True)
class SubscriptionSettings:
    """What EventSubscriber is made with; see there."""

    exactly_once: bool = False
    partitions: int = 1
    start: Start = "end"
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    handler_timeout: float = 30.0
    batch_size: int = 500
    lease: float = 10.0
    poll: float = 0.5
    before_checkpoint: Callable[[], Awaitable[object]] = at_once

    def __post_init__(self) -> None:
        wrong = []
        if not 1 <= self.partitions <= 1024:
            wrong.append("partitions: from 1 to 1024")
        if self.start not in ("end", "beginning") and (not isinstance(self.start, int) or self.start < 0):
            wrong.append('start: "end", "beginning" or a position')
        for name in ("handler_timeout", "batch_size", "lease", "poll"):
            if getattr(self, name) <= 0:
                wrong.append(f"{name}: more than 0")
        if self.exactly_once and self.before_checkpoint is not at_once:
            wrong.append("before_checkpoint: not with exactly_once, whose checkpoint commits with the effects")
        if wrong:
            raise ValueError("; ".join(wrong))

    def agreed(self) -> dict[str, object]:
        """What all processes of one subscription must have alike."""
        return {"exactly_once": self.exactly_once, "partitions": self.partitions}
