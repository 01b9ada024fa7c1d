"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Side: TypeAlias = Literal["differs", "lacks", "has"]
"""The row differs in columns; the fresh reading lacks a row of the definition; it has one that the definition lacks."""


@dataclass(frozen=True, slots=True)
class ColumnDifference:
    """A column's values, as text; None for null, and for what is not to be shown (hidden)."""

    column: str
    fresh: str | None
    definition: str | None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row that the two do not share. key: its columns, as text; reading: the fresh reading's name."""

    reading: str
    key: tuple[str, ...]
    side: Side
    columns: tuple[ColumnDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """One view's.

    rows: compared; lists: whose first page was compared, which they are when no row differed, or those were repaired;
    different: how many rows differ; differences: the first of those; noted: keys recorded as changed; whole: whether every row
    was compared; seconds: what it took.
    """

    view: str
    rows: int
    lists: int
    different: int
    differences: tuple[RowDifference, ...]
    noted: int
    whole: bool
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether nothing differed."""
        return self.different == 0
