"""An answer goes out: the query bus, its handlers and its cache."""

from clone_cqrs.queries.bus import QueryBus
from clone_cqrs.queries.cache.statistics import CacheStatistics
from clone_cqrs.queries.explanation import Explanation
from clone_cqrs.queries.handler import BaseQueryHandler
from clone_cqrs.queries.levels import Consistency, current_consistency

__all__ = ["BaseQueryHandler", "CacheStatistics", "Consistency", "Explanation", "QueryBus", "current_consistency"]
