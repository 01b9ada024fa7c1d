"""The clone for tests that create many users: nobody will attack their hashes."""

from typing import Any

from clone_cqrs.bootstrap import Application
from clone_cqrs.domain import CHEAPEST, open_clone

CHEAP_CLONE = f"{__name__}:open_cheap_clone"


def open_cheap_clone(dsn: str | None = None, **settings: Any) -> Application:
    """As open_clone."""
    return open_clone(dsn, password_cost=CHEAPEST, **settings)
