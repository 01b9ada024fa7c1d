"""The clone with a subscription of its own, whose handler fails while a file is there. Runs in processes of its own."""

import os
from pathlib import Path
from typing import Any

from tests.domain.cheap_clone import open_cheap_clone

from clone_cqrs import Application, DomainEvent, EventSubscriber
from clone_cqrs.events import RetryPolicy

MAILING_CLONE = f"{__name__}:open_mailing_clone"
BROKEN_WHILE = "TEST_MAIL_BROKEN_WHILE"


def open_mailing_clone(dsn: str | None = None, **settings: Any) -> Application:
    """As open_clone, with the subscription `mail`."""
    clone = open_cheap_clone(dsn, **settings)
    mail = EventSubscriber(
        clone.database, "mail", start="beginning", retries=RetryPolicy(attempts=2, first_delay=0.01), poll=0.1
    )
    mail.on("user.created", send_welcome)
    return Application(
        database=clone.database,
        commands=clone.commands,
        queries=clone.queries,
        views=clone.views,
        rules=clone.rules,
        subscriptions=[mail],
        migrations=clone.migrations,
        workers=clone.workers,
    )


def _is_broken() -> bool:
    return Path(os.environ.get(BROKEN_WHILE, "/nowhere/at/all")).exists()


async def send_welcome(_event: DomainEvent[Any]) -> None:
    if _is_broken():
        raise RuntimeError("the mail server does not know this form")
