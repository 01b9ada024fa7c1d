"""Events leave: the log, the settled position, the token, subscriptions, the publisher."""

from clone_cqrs.events.dead_letters import DeadLetter, DeadLetters
from clone_cqrs.events.event_log import EventLog
from clone_cqrs.events.publisher import EventPublisher
from clone_cqrs.events.subscriptions import EventSubscriber, RetryPolicy, remove_subscription
from clone_cqrs.events.subscriptions.states import SubscriptionState, subscription_states
from clone_cqrs.events.token import ConsistencyToken
from clone_cqrs.events.upcasting import upcaster

__all__ = [
    "ConsistencyToken",
    "DeadLetter",
    "DeadLetters",
    "EventLog",
    "EventPublisher",
    "EventSubscriber",
    "RetryPolicy",
    "SubscriptionState",
    "remove_subscription",
    "subscription_states",
    "upcaster",
]
