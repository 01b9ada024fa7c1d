"""What ties events to caches and views."""

from clone_cqrs.consistency.handler import EventualConsistencyHandler
from clone_cqrs.consistency.rule import ConsistencyRule

__all__ = ["ConsistencyRule", "EventualConsistencyHandler"]
