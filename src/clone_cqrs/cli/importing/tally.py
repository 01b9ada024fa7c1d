"""What became of the lines of an import."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from clone_cqrs.messages import CommandResult


@dataclass
class Tally:
    """lines: with something on them; executed, replayed: of them; rejected: the others, by code; first: the first line of each
    code. Always lines = executed + replayed + all rejected.
    """

    lines: int = 0
    executed: int = 0
    replayed: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)

    def count(self, number: int, result: CommandResult[Any]) -> None:
        """Count one line's outcome."""
        self.lines += 1
        if result.error is not None:
            self.rejected[result.error.code] += 1
            self.first.setdefault(result.error.code, number)
        elif result.replayed:
            self.replayed += 1
        else:
            self.executed += 1

    @property
    def done(self) -> int:
        """Lines that took effect, now or before."""
        return self.executed + self.replayed

    def as_json(self) -> dict[str, Any]:
        """{"lines", "executed", "replayed", "rejected": {code: how many}}."""
        return {
            "lines": self.lines,
            "executed": self.executed,
            "replayed": self.replayed,
            "rejected": dict(sorted(self.rejected.items())),
        }
