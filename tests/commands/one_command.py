"""A process that executes one command: `python -m tests.commands.one_command DSN COMMAND_ID NOTE_ID [PAUSE]`.

PAUSE: "handled": says so at the end of the handler, and hangs there; anything else: runs through. At the end it prints the
outcome as JSON.
"""

import asyncio
import json
import sys
from typing import Any
from uuid import UUID

from tests.commands.notes import note_bus, write_note

from clone_cqrs.postgres import Database


async def main(dsn: str, command_id: str, note_id: str, pause: str) -> None:
    async def hang(_command: Any) -> None:
        if pause == "handled":
            print("handled", flush=True)
            await asyncio.Event().wait()

    async with Database.open(dsn) as database:
        bus, handler = note_bus(database, hang)
        print("ready", flush=True)
        result = await bus.execute(write_note(UUID(note_id), command_id=command_id))
        print(json.dumps({"success": result.success, "replayed": result.replayed, "runs": handler.runs}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
