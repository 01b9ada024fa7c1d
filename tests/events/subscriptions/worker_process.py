"""A process that works on a subscription: `python -m tests.events.subscriptions.worker_process DSN NAME SETTINGS`.

SETTINGS: JSON; of EventSubscriber, and `hang_at`: the position at which the handler says so and hangs after its effect;
`pause_s`: how long each event takes. Its effect is a row of the table `effect` (position, worker), written with `database`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from clone_cqrs.events import EventSubscriber
from clone_cqrs.messages import DomainEvent
from clone_cqrs.postgres import Database


async def main(dsn: str, name: str, settings: dict[str, Any]) -> None:
    hang_at, pause_s = settings.pop("hang_at", None), settings.pop("pause_s", 0.0)
    async with Database.open(dsn) as database:

        async def handle(event: DomainEvent[Any]) -> None:
            await database.execute("INSERT INTO effect VALUES ($1, $2)", event.position, os.getpid())
            if event.position == hang_at:
                print("hanging", flush=True)
                await asyncio.Event().wait()
            await asyncio.sleep(pause_s)

        subscriber = EventSubscriber(database, name, start="beginning", **settings)
        subscriber.on("*", handle)
        async with subscriber:
            print("ready", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
