"""What is wrong with a view, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ViewFinding:
    """One thing that is wrong with a view, or may be.

    code: a stable word for it; message: what is wrong, where, and what to do; is_warning: readings are right all the same, or
    it is for a person to judge whether they are.
    """

    view: str
    code: str
    message: str
    table: str | None = None
    column: str | None = None
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.view}: {self.message}"
