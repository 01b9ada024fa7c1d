"""Explanation: why an answer would come from where it would come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clone_cqrs.queries.levels import Consistency


@dataclass(frozen=True, slots=True)
class Explanation:
    """source: where the answer to this question would come from now: an entry, a load under way that it would join, a load of
    its own, or nowhere, where it is refused. reason: why, for people. level: that it would be asked at. keeps: whether its load
    would be kept. stamp: the position up to which the entry found holds everything; expires_in: seconds that it may still be
    used; position: to which the cache has followed the log. None where there is no such thing.
    """

    source: Literal["entry", "shared load", "load", "refused"]
    reason: str
    level: Consistency
    keeps: bool = False
    stamp: int | None = None
    expires_in: float | None = None
    position: int | None = None

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"
