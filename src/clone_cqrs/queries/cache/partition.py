"""The entries of one query type, by key and by scope."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from pydantic import BaseModel

from clone_cqrs.queries.cache.entry import Entry
from clone_cqrs.queries.cache.scope import ScopeIndex
from clone_cqrs.queries.cache.stamp_floor import StampFloor


class Partition:
    """Entries by payload, then by holder, and by each field that a rule scopes by.

    ttl: seconds that an answer may be kept; payload_type: of the query class that has a handler. Made by the first who names
    the type, be it a handler or a rule.
    """

    __slots__ = ("_by_payload", "_floor", "_scopes", "payload_type", "query_type", "ttl")

    def __init__(self, query_type: str, ttl: float) -> None:
        self.query_type = query_type
        self.ttl = ttl
        self.payload_type: type[BaseModel] | None = None
        self._by_payload: dict[Hashable, dict[Hashable, Entry]] = {}
        self._scopes: dict[str, ScopeIndex] = {}
        self._floor = StampFloor()

    def find(self, payload_key: Hashable, holder: Hashable) -> Entry | None:
        """The entry under a key. Raises: TypeError for a key that cannot be hashed."""
        holders = self._by_payload.get(payload_key)
        return None if holders is None else holders.get(holder)

    def add(self, entry: Entry) -> None:
        """Take in an entry whose key is free."""
        entry.siblings = self._by_payload.setdefault(entry.payload_key, {})
        entry.siblings[entry.holder] = entry
        self._floor.lower(entry.stamp)
        for scope in self._scopes.values():
            scope.add(entry)

    def remove(self, entry: Entry) -> None:
        """Forget an entry."""
        del entry.siblings[entry.holder]
        if not entry.siblings:
            del self._by_payload[entry.payload_key]
        for scope in self._scopes.values():
            scope.remove(entry)

    def index(self, field: str) -> None:
        """Keep entries findable by a field of their payload. Costs a look at each entry of the type, the first time."""
        if field not in self._scopes:
            self._scopes[field] = ScopeIndex(field, list(self))

    def concerned(self, field: str, value: str, below: int | None = None) -> list[Entry]:
        """The entries asked with this value in a field, and those asked without any.

        below, here and in `all`: only those stamped below this position, which the caller drops.
        """
        if field not in self._scopes:
            self.index(field)
        return self._scopes[field].concerned(value, below)

    def all(self, below: int | None = None) -> list[Entry]:
        """The entries."""
        return list(self) if below is None else self._floor.older(self, below)

    def of_payload(self, payload_key: Hashable) -> list[Entry]:
        """The entries of one payload, whoever asked."""
        return list(self._by_payload.get(payload_key, {}).values())

    def __iter__(self) -> Iterator[Entry]:
        return (entry for holders in self._by_payload.values() for entry in holders.values())
