"""Events leave: the log, the settled position, the token, subscriptions, the publisher."""

from clone_cqrs.events.publisher import EventPublisher
from clone_cqrs.events.subscriptions import EventSubscriber, RetryPolicy
from clone_cqrs.events.token import ConsistencyToken

__all__ = ["ConsistencyToken", "EventPublisher", "EventSubscriber", "RetryPolicy"]
