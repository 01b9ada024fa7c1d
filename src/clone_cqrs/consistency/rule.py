"""ConsistencyRule: which answers and which views an event makes untrue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from clone_cqrs.views import ViewName


@dataclass(frozen=True)
class ConsistencyRule:
    """After an event of this type, these answers are dropped and these views refreshed.

    scope: a field of the event's payload; of the affected types only those entries go whose query has the same value in the
    field of that name, and those whose query has no such field. Without scope, or where the event has no value there, the
    whole type goes. refresh_delay: seconds after which the views are refreshed, once for all events until then.
    Raises: ValueError with everything that is wrong.
    """

    event_type: str
    affected_query_types: Sequence[str] = ()
    affected_views: Sequence[str] = ()
    scope: str | None = None
    refresh_delay: float = 0.0

    def __post_init__(self) -> None:
        wrong = []
        if not isinstance(self.event_type, str) or not self.event_type:
            wrong.append("event_type: should be the type of an event")
        for name in ("affected_query_types", "affected_views"):
            values = getattr(self, name)
            if isinstance(values, str) or not all(isinstance(each, str) and each for each in values):
                wrong.append(f"{name}: should be several names, not one text")
            else:
                object.__setattr__(self, name, tuple(values))
        if not wrong and not self.affected_query_types and not self.affected_views:
            wrong.append("affected_query_types, affected_views: at least one of them should name something")
        if not wrong:
            wrong.extend(f"affected_views: {problem}" for problem in map(_no_name, self.affected_views) if problem)
        if self.scope is not None and (not isinstance(self.scope, str) or not self.scope.isidentifier()):
            wrong.append("scope: should be the name of one field")
        delay = self.refresh_delay
        if isinstance(delay, bool) or not isinstance(delay, (int, float)) or not isfinite(delay) or delay < 0:
            wrong.append("refresh_delay: should be 0 seconds or more")
        if wrong:
            raise ValueError(f"rule for {self.event_type!r}: " + "; ".join(wrong))


def _no_name(view: str) -> str | None:
    try:
        ViewName.parse(view)
    except ValueError as error:
        return str(error)
    return None
