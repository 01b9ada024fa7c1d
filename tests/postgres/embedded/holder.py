"""A process that holds an embedded server until its standard input ends. Run by path: `holder.py [DATA_DIRECTORY]`."""

import asyncio
import json
import sys
from pathlib import Path

from clone_cqrs.postgres.embedded import EmbeddedServerError, start_embedded


async def hold(data_directory: Path | None) -> None:
    try:
        server = await start_embedded(data_directory)
    except EmbeddedServerError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return
    print(json.dumps({"dsn": server.dsn, "data_directory": str(server.data_directory)}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.close()


if __name__ == "__main__":
    asyncio.run(hold(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
