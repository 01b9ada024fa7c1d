"""Which dead letters a command is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clone_cqrs.cli.faults import UsageFaultError


@dataclass(frozen=True)
class Filter:
    """None: whatever it is. everything: nothing else needs to say which."""

    subscription: str | None
    position: int | None
    event_type: str | None
    aggregate_id: str | None
    everything: bool = False

    def require_some(self) -> None:
        """Raises: UsageFaultError where nothing says which."""
        if not self.everything and not any(self.facts().values()):
            raise UsageFaultError("which ones? Name a SUBSCRIPTION (and a POSITION), a --type or an --aggregate, or say --all")

    def facts(self) -> dict[str, Any]:
        """As DeadLetters takes them."""
        return {
            "subscription": self.subscription,
            "position": self.position,
            "event_type": self.event_type,
            "aggregate_id": self.aggregate_id,
        }
