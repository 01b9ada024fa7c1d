"""Events leave: the log, the token, the publisher."""

from clone_cqrs.events.publisher import EventPublisher
from clone_cqrs.events.token import ConsistencyToken

__all__ = ["ConsistencyToken", "EventPublisher"]
