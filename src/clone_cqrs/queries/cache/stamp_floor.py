"""StampFloor: what lets an event pass by a group of entries that all hold it, without a look at each of them."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clone_cqrs.queries.cache.entry import Entry


class StampFloor:
    """A position that the stamp of no entry of a group is below.

    An event comes several times: from the commit, from the log, perhaps from a subscription that is far behind. From the second
    time on there is little or nothing to drop, and a group may be all that is cached of a type.
    """

    __slots__ = ("_position",)

    def __init__(self) -> None:
        self._position: float = inf

    def lower(self, stamp: int) -> None:
        """An entry with this stamp joins the group."""
        if stamp < self._position:
            self._position = stamp

    def older(self, group: Iterable[Entry], below: int) -> list[Entry]:
        """The entries of the group whose stamp is below a position: the caller takes them out of it."""
        if below <= self._position:
            return []
        found: list[Entry] = []
        lowest = inf
        for entry in group:
            if entry.stamp < below:
                found.append(entry)
            elif entry.stamp < lowest:
                lowest = entry.stamp
        self._position = lowest
        return found
