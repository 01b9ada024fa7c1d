"""What is wrong, or may be, as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Finding:
    """about: what it concerns; code: a stable word for it; message: what is wrong, and what to do; is_warning: it works all
    the same, or a person has to judge whether it does.
    """

    about: str
    code: str
    message: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.about}: {self.message}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint to a name that comes near, to be put after a message; "" without one."""
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
