"""Statements over a view, in two readings: the view as it is, and the fresh one."""

from __future__ import annotations

import re

from clone_cqrs.postgres.statements import statement
from clone_cqrs.queries import current_consistency

_FRESH = re.compile(r"\bpublic\.(\w+)_fresh(_list)?\b")


class ViewStatement:
    """A statement from `sql/<name>.sql`, written over the fresh readings of views: `public.<x>_fresh` and `_fresh_list`."""

    def __init__(self, package: str, name: str) -> None:
        self._fresh = statement(package, name)
        self._stored = _FRESH.sub(r"public.\1_view\2", self._fresh)
        if self._stored == self._fresh:
            raise ValueError(f"{name}.sql reads no view: use statement()")

    @property
    def text(self) -> str:
        """What the query being handled has to run: at the level "eventual" the materialized view will do."""
        return self._stored if current_consistency() == "eventual" else self._fresh
