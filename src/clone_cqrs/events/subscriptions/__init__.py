"""Subscriptions: named readers of the log, at least once, in order per aggregate."""

from clone_cqrs.events.subscriptions.removal import remove_subscription
from clone_cqrs.events.subscriptions.settings import RetryPolicy
from clone_cqrs.events.subscriptions.subscriber import EventSubscriber

__all__ = ["EventSubscriber", "RetryPolicy", "remove_subscription"]
